// JSON read and written: strictness, look-ups, round trips.
//
// SPDX-License-Identifier: MIT
#include "base/json.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/json_writer.h"

namespace resnet {
namespace {

std::string Refusal(std::string_view text) {
  const Result<JsonDocument> document = JsonDocument::Parse(text);
  EXPECT_FALSE(document.ok()) << text;
  if (document.ok()) return "";
  EXPECT_EQ(document.error().code, ErrorCode::kBadArgument);
  return document.error().message;
}

TEST(JsonTest, LooksUpValues) {
  const Result<JsonDocument> document = JsonDocument::Parse(
      R"({"a": {"b": [1, -2.5, "x\u0000y", true, null, 18446744073709551615]}, "": 0})");
  ASSERT_TRUE(document.ok()) << document.error().message;
  const JsonValue root = document->root();
  EXPECT_TRUE(root.is_object());
  EXPECT_EQ(root.size(), 2u);
  EXPECT_EQ(root[""].AsUnsigned(), 0u);
  std::vector<JsonValue> values;
  const Status status = root["a"]["b"].ForEachElement([&](size_t i, JsonValue value) -> Status {
    EXPECT_EQ(i, values.size());
    values.push_back(value);
    return {};
  });
  ASSERT_TRUE(status.ok());
  ASSERT_EQ(values.size(), 6u);
  EXPECT_EQ(values[0].AsUnsigned(), 1u);
  EXPECT_EQ(values[0].AsNumber(), 1.0);
  EXPECT_EQ(values[1].AsNumber(), -2.5);
  EXPECT_EQ(values[1].AsUnsigned(), std::nullopt);
  EXPECT_EQ(values[2].AsString(), std::string_view("x\0y", 3));
  EXPECT_EQ(values[3].AsBool(), true);
  EXPECT_TRUE(values[4].present());
  EXPECT_EQ(values[4].AsNumber(), std::nullopt);
  EXPECT_EQ(values[5].AsUnsigned(), UINT64_MAX);
}

TEST(JsonTest, AbsentValuesAnswerNothing) {
  const JsonDocument document = JsonDocument::Parse("[3]").value();
  for (const JsonValue value : {JsonValue(), document.root()["x"], document.root()["x"]["y"]}) {
    EXPECT_FALSE(value.present());
    EXPECT_FALSE(value.is_object() || value.is_array());
    EXPECT_EQ(value.AsString(), std::nullopt);
    EXPECT_EQ(value.AsNumber(), std::nullopt);
    EXPECT_EQ(value.AsUnsigned(), std::nullopt);
    EXPECT_EQ(value.AsBool(), std::nullopt);
    EXPECT_EQ(value.size(), 0u);
    EXPECT_TRUE(value.ForEachMember([](std::string_view, JsonValue) { return Error{}; }).ok());
    EXPECT_TRUE(value.ForEachElement([](size_t, JsonValue) { return Error{}; }).ok());
  }
}

TEST(JsonTest, VisitsInFileOrderUntilAnError) {
  const JsonDocument document = JsonDocument::Parse(R"({"b": 1, "a": 2, "c": 3})").value();
  std::string names;
  const Status status =
      document.root().ForEachMember([&](std::string_view name, JsonValue) -> Status {
        names += name;
        if (name == "a") return Error{ErrorCode::kBadModel, "enough"};
        return {};
      });
  EXPECT_EQ(names, "ba");
  EXPECT_EQ(status.error().message, "enough");
}

TEST(JsonTest, RefusesWhatIsNotStrict) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "'a'",
                                      "01",
                                      "+1",
                                      "1.",
                                      ".5",
                                      "NaN",
                                      "Infinity",
                                      "1e999",
                                      "[1] 2",
                                      "// x\n1",
                                      "\"\t\"",
                                      "\"\xFF\"",
                                      "\"\\ud800\"",
                                      "\xEF\xBB\xBF"
                                      "1",
                                      "nul",
                                      "tru",
                                      "\"a"}) {
    EXPECT_NE(Refusal(text), "");
  }
}

TEST(JsonTest, RefusesANameThatStandsTwice) {
  EXPECT_NE(Refusal(R"({"a": 1, "a": 2})").find("\"a\""), std::string::npos);
  Refusal(R"([{"x": {"a": 1, "b": 2, "\u0061": 3}}])");
  EXPECT_TRUE(JsonDocument::Parse(R"([{"a": 1}, {"a": 2}])").ok());
}

TEST(JsonTest, RefusesDeepNesting) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(JsonDocument::Parse(nested(32)).ok());
  EXPECT_NE(Refusal(nested(33)).find("32"), std::string::npos);
  Refusal(nested(1'000'000));
  Refusal(std::string(1'000'000, '['));
}

constexpr std::string_view kDocument =
    R"({"resize": {"mode": "short-side", "size": 256}, "mean": [0.485, -1e-3, 12], "name": "caf\u00e9 é", "flag": false})";

TEST(JsonTest, CutAtEveryByteIsRefused) {
  for (size_t length = 0; length < kDocument.size(); ++length) {
    // A block of its own on the heap: AddressSanitizer sees the first byte read past its end.
    const auto copy = std::make_unique<char[]>(length);
    std::copy_n(kDocument.begin(), length, copy.get());
    EXPECT_FALSE(JsonDocument::Parse({copy.get(), length}).ok()) << length;
  }
  EXPECT_TRUE(JsonDocument::Parse(kDocument).ok());
}

TEST(JsonTest, RandomChangesAreHarmless) {
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string text(kDocument);
    for (int change = 0; change < 3; ++change)
      text[random() % text.size()] = static_cast<char>(random());
    const Result<JsonDocument> document = JsonDocument::Parse(text);
    if (!document.ok()) EXPECT_FALSE(document.error().message.empty());
  }
}

TEST(JsonWriterTest, WritesOnOneLine) {
  JsonWriter json;
  json.BeginObject().Key("label").Value("Labrador").Key("score").Value(0.93).Key("none").Null();
  json.Key("list").BeginArray().Value(1).Value(-2).Value(true).BeginObject().EndObject().EndArray();
  json.Key("empty").BeginArray().EndArray().EndObject();
  EXPECT_EQ(json.text(),
            R"({"label":"Labrador","score":0.93,"none":null,"list":[1,-2,true,{}],"empty":[]})");
}

TEST(JsonWriterTest, LaysOutForPeople) {
  JsonWriter json(2);
  json.BeginObject()
      .Key("a")
      .BeginArray()
      .Value(1)
      .Value(2)
      .EndArray()
      .Key("b")
      .BeginObject()
      .EndObject()
      .EndObject();
  EXPECT_EQ(json.text(), "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}");
}

TEST(JsonWriterTest, NumbersReadBackToTheSameValue) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    const auto number = std::bit_cast<double>(uint64_t{random()});
    if (!std::isfinite(number)) continue;
    JsonWriter json;
    json.BeginArray().Value(number).EndArray();
    ASSERT_EQ(std::strtod(json.text().c_str() + 1, nullptr), number) << json.text();
    ASSERT_TRUE(JsonDocument::Parse(json.text()).ok()) << json.text();
  }
  JsonWriter json;
  json.BeginArray().Value(0.1f).Value(1e20).Value(UINT64_MAX).Value(INT64_MIN);
  json.Value(std::nan("")).Value(std::numeric_limits<float>::infinity()).EndArray();
  EXPECT_EQ(json.text(), "[0.1,1e+20,18446744073709551615,-9223372036854775808,null,null]");
}

TEST(JsonWriterTest, EveryStringComesOutWellFormed) {
  std::string every;
  for (int c = 0; c < 256; ++c) every.push_back(static_cast<char>(c));
  JsonWriter json;
  json.BeginObject().Key(every).Value(every).EndObject();
  const Result<JsonDocument> document = JsonDocument::Parse(json.text());
  ASSERT_TRUE(document.ok()) << document.error().message;
  const std::string ascii = every.substr(0, 128);
  const auto check = [&](std::string_view name, JsonValue value) -> Status {
    EXPECT_EQ(name.substr(0, 128), ascii);
    EXPECT_EQ(name.size(), 128u + 128 * 3);  // each byte above that became U+FFFD
    EXPECT_EQ(value.AsString(), name);
    return {};
  };
  EXPECT_TRUE(document->root().ForEachMember(check).ok());
  JsonWriter good;
  good.Value("caf\xC3\xA9 \xF0\x9F\x98\x80");
  EXPECT_EQ(good.text(), "\"caf\xC3\xA9 \xF0\x9F\x98\x80\"");
}

}  // namespace
}  // namespace resnet
