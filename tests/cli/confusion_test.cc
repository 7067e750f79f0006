// The confusion matrix as a table and as a picture.
//
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "base/strings.h"
#include "cli/class_names.h"
#include "cli/confusion_matrix.h"
#include "cli/confusion_svg.h"

namespace resnet::cli {
namespace {

void Add(Evaluation& evaluation, int truth, int predicted, int times = 1) {
  std::vector<float> logits(static_cast<size_t>(evaluation.classes()));
  logits[static_cast<size_t>(predicted)] = 1;
  for (int i = 0; i < times; ++i) evaluation.Add(logits, truth, {});
}

size_t Count(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size())
    ++count;
  return count;
}

/// True where every tag is closed, in order. Enough for what we write: no comments, no CDATA, and
/// no
/// '>' in an attribute.
bool TagsAreBalanced(std::string_view text) {
  std::vector<std::string> open;
  for (size_t at = 0; (at = text.find('<', at)) != std::string_view::npos; ++at) {
    const size_t end = text.find('>', at);
    if (end == std::string_view::npos) return false;
    const std::string_view tag = text.substr(at + 1, end - at - 1);
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.emplace_back(tag.substr(0, tag.find(' ')));
    }
  }
  return open.empty();
}

TEST(ClassNames, SharedLabelsGetTheirNumber) {
  ModelInfo info;
  info.network.classes = 3;
  info.labels = {"crane", "dog", "crane"};
  EXPECT_EQ(UniqueClassNames(info), (std::vector<std::string>{"crane [0]", "dog", "crane [2]"}));
  info.labels.clear();
  EXPECT_EQ(UniqueClassNames(info)[1], "class 1");
}

TEST(ClassNames, AreShortenedByCharacters) {
  EXPECT_EQ(Shortened("Schäferhund", 11), "Schäferhund");
  EXPECT_EQ(Shortened("Schäferhund", 5), "Schä…");
  EXPECT_EQ(CharacterCount("Schä…"), 5u);
}

TEST(ConfusionCsv, HoldsTheClassesThatOccur) {
  Evaluation evaluation(5);
  Add(evaluation, 1, 1, 3);
  Add(evaluation, 1, 4, 2);
  Add(evaluation, 3, 3);
  const std::vector<std::string> names = {"a", "b, \"c\"", "d", "e", "f"};
  EXPECT_EQ(ConfusionCsv(evaluation, names),
            "true class,\"b, \"\"c\"\"\",e,f\n"
            "\"b, \"\"c\"\"\",3,0,2\n"
            "e,0,1,0\n"
            "f,0,0,0\n");
}

TEST(ConfusionMatrix, MostConfusedClassesKeepPairsTogether) {
  Evaluation evaluation(10);
  Add(evaluation, 9, 0, 5);
  Add(evaluation, 0, 9, 4);
  Add(evaluation, 3, 9, 3);
  Add(evaluation, 5, 6, 2);
  EXPECT_EQ(MostConfusedClasses(evaluation, 4), (std::vector<int>{0, 3, 9}));
  EXPECT_EQ(MostConfusedClasses(evaluation, 5), (std::vector<int>{0, 3, 5, 6, 9}));
}

TEST(ConfusionSvg, SmallMatrixShowsEveryNumberAndNeedsNothingBesideIt) {
  Evaluation evaluation(3);
  Add(evaluation, 0, 0, 71);
  Add(evaluation, 0, 1, 29);
  Add(evaluation, 1, 1, 64);
  const std::vector<std::string> names = {"<cat> & \"dog\"", "b\x01\xFF", "never seen"};
  const std::string svg = ConfusionSvg(evaluation, names, "a < b", "164 pictures");
  EXPECT_TRUE(TagsAreBalanced(svg));
  for (const char* shown : {">71</text>", ">29</text>", ">64</text>", "71.0 % of 100",
                            "&lt;cat&gt; &amp; &quot;dog&quot;", ">b\?\?<", "a &lt; b",
                            "164 pictures", "prefers-color-scheme:dark"})
    EXPECT_NE(svg.find(shown), std::string::npos) << shown;
  EXPECT_EQ(svg.find("never seen"), std::string::npos);
  EXPECT_EQ(Count(svg, "http"), 1u);  // the namespace
  for (const char* outside : {"href", "url(", "@import", "<script", "<image"})
    EXPECT_EQ(svg.find(outside), std::string::npos) << outside;
}

TEST(ConfusionSvg, AThousandClassesStaySmallAndShowTheMostConfused) {
  Evaluation evaluation(1000);
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) {
    names.push_back(StrCat("name ", i));
    Add(evaluation, i, i, 30);
    for (int k = 1; k <= 10; ++k) Add(evaluation, i, (i * k + 7 * k) % 1000);
  }
  Add(evaluation, 123, 777, 9);
  const std::string svg = ConfusionSvg(evaluation, names, "t", "s");
  EXPECT_TRUE(TagsAreBalanced(svg));
  EXPECT_LT(svg.size(), 1u << 20);
  EXPECT_NE(svg.find("name 123 taken for name 777: 9 of 49"), std::string::npos);
  // Along the map there is room for one name in fourteen; a name needs twelve pixels.
  EXPECT_LT(Count(svg, "font-size:10.5px"), 2 * 1000 / 13u);
}

TEST(ConfusionSvg, WithoutPicturesThereIsStillAnSvg) {
  const std::vector<std::string> names = {"a", "b"};
  EXPECT_TRUE(TagsAreBalanced(ConfusionSvg(Evaluation(2), names, "t", "0 pictures (interrupted)")));
}

}  // namespace
}  // namespace resnet::cli
