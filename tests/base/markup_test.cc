// Markup: nothing that comes from outside becomes an element or leaves an attribute.
//
// SPDX-License-Identifier: MIT
#include "base/markup.h"

#include <gtest/gtest.h>

namespace resnet {
namespace {

TEST(MarkupTest, TextIsNeverMarkup) {
  EXPECT_EQ(EscapeMarkup("<b a=\"1\" c='2'>&amp;"),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;");
  EXPECT_EQ(EscapeMarkup("a\nb\x01"), "a?b?");
  EXPECT_EQ(EscapeMarkup("Bär"), "Bär");
  EXPECT_LT(EscapeMarkup(std::string(10'000, 'x')).size(), 500u);
}

}  // namespace
}  // namespace resnet
