// Text and numbers inside HTML and SVG.
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

/// `number` with at most `digits` digits after the point, and no zeros at the end there.
std::string ShortNumber(double number, int digits = 2);

/// `number` with exactly `digits` digits after the point.
std::string FixedNumber(double number, int digits);

}  // namespace resnet

#endif  // RESNET_BASE_MARKUP_H_
