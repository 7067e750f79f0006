// Text inside HTML and SVG.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_BASE_MARKUP_H_
#define RESNET_BASE_MARKUP_H_

#include <string>
#include <string_view>

namespace resnet {

/// `text` as it may stand in an element or a quoted attribute: nothing in it is markup, and what
/// cannot be shown is '?'.
std::string EscapeMarkup(std::string_view text);

}  // namespace resnet

#endif  // RESNET_BASE_MARKUP_H_
