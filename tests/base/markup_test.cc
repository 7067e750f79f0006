// Markup: nothing that comes from outside becomes an element or leaves an attribute.
//
// SPDX-License-Identifier: MIT
#include "base/markup.h"

#include <gtest/gtest.h>

#include <cmath>

namespace resnet {
namespace {

TEST(MarkupTest, TextIsNeverMarkup) {
  EXPECT_EQ(EscapeMarkup("<b a=\"1\" c='2'>&amp;"),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;");
  EXPECT_EQ(EscapeMarkup("a\nb\x01"), "a?b?");
  EXPECT_EQ(EscapeMarkup("Bär"), "Bär");
  EXPECT_LT(EscapeMarkup(std::string(10'000, 'x')).size(), 500u);
}

TEST(MarkupTest, NumbersAreShort) {
  EXPECT_EQ(ShortNumber(1.5), "1.5");
  EXPECT_EQ(ShortNumber(2.004), "2");
  EXPECT_EQ(ShortNumber(-0.001), "0");
  EXPECT_EQ(ShortNumber(100), "100");
  EXPECT_EQ(ShortNumber(120, 0), "120");
  EXPECT_EQ(FixedNumber(1.25, 1), "1.2");
  EXPECT_EQ(FixedNumber(3, 2), "3.00");
  EXPECT_EQ(FixedNumber(1e300, 0).size(), 301u);
}

}  // namespace
}  // namespace resnet
