// See scores.h.
//
// SPDX-License-Identifier: MIT
#include "classify/scores.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "base/strings.h"

namespace resnet {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameWord(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

void AddMatches(const std::vector<std::string>& names, std::string_view name,
                std::vector<int>& matches) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (SameWord(names[i], name)) matches.push_back(static_cast<int>(i));
  }
}

}  // namespace

std::vector<float> Softmax(std::span<const float> logits) {
  std::vector<float> scores(logits.size());
  if (logits.empty()) return scores;
  const float largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (size_t i = 0; i < logits.size(); ++i) sum += scores[i] = std::exp(logits[i] - largest);
  for (float& score : scores) score = static_cast<float>(score / sum);
  return scores;
}

std::string LabelOf(const ModelInfo& info, int index) {
  const auto i = static_cast<size_t>(index);
  return i < info.labels.size() ? info.labels[i] : StrCat("class ", index);
}

Result<std::vector<int>> FindClasses(const ModelInfo& info, std::string_view name) {
  std::vector<int> matches;
  AddMatches(info.labels, name, matches);
  if (matches.empty()) AddMatches(info.label_ids, name, matches);
  if (!matches.empty()) return matches;
  int number = -1;
  const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_class = failure == std::errc() && end == name.data() + name.size() && number >= 0 &&
                        number < info.network.classes;
  if (is_class) return std::vector<int>{number};
  return Error{
      ErrorCode::kBadArgument,
      StrCat("the model has no class \"", Printable(name),
             "\"; give a label, a label id or a number from 0 to ", info.network.classes - 1)};
}

Result<ClassFilter> ClassFilter::Create(const ModelInfo& info, std::span<const std::string> allow,
                                        std::span<const std::string> deny) {
  ClassFilter filter;
  if (allow.empty() && deny.empty()) return filter;
  if (!allow.empty() && !deny.empty()) {
    return Error{
        ErrorCode::kBadArgument,
        "a list of allowed and one of denied classes exclude each other: give one of them"};
  }
  const bool listed = !allow.empty();
  filter.shown_.assign(static_cast<size_t>(info.network.classes), !listed);
  for (const std::string& name : listed ? allow : deny) {
    RESNET_ASSIGN_OR_RETURN(const std::vector<int> classes, FindClasses(info, name));
    for (const int index : classes) filter.shown_[static_cast<size_t>(index)] = listed;
  }
  return filter;
}

std::vector<Prediction> TopPredictions(std::span<const float> scores, const ModelInfo& info,
                                       const ClassFilter& filter, int max_results,
                                       float threshold) {
  std::vector<int> order;
  for (int i = 0; i < static_cast<int>(scores.size()); ++i) {
    if (filter.Allows(i) && scores[static_cast<size_t>(i)] >= threshold) order.push_back(i);
  }
  const size_t wanted =
      max_results > 0 ? std::min(order.size(), static_cast<size_t>(max_results)) : order.size();
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(wanted), order.end(),
                    [&](int a, int b) {
                      const float score_a = scores[static_cast<size_t>(a)],
                                  score_b = scores[static_cast<size_t>(b)];
                      return score_a != score_b ? score_a > score_b : a < b;
                    });
  std::vector<Prediction> predictions;
  for (size_t i = 0; i < wanted; ++i) {
    predictions.push_back(
        {order[i], LabelOf(info, order[i]), scores[static_cast<size_t>(order[i])]});
  }
  return predictions;
}

}  // namespace resnet
