// Labelled folders and lists of pictures.
//
// SPDX-License-Identifier: MIT
#include "cli/picture_files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "cli/run_program.h"

namespace resnet::cli {
namespace {

namespace fs = std::filesystem;

ModelInfo ThreeClasses() {
  ModelInfo info;
  info.network.classes = 3;
  info.labels = {"crane", "dog", "crane"};
  info.label_ids = {"n01", "n02", "n03"};
  return info;
}

class LabelledFolder : public ::testing::Test {
 protected:
  void Put(const std::string& name, std::string_view text) {
    fs::create_directories(fs::path(folder_ / name).parent_path());
    ASSERT_TRUE(WriteFile(folder_ / name, AsBytes(text)).ok());
  }
  Result<std::vector<LabelledPicture>> Read() {
    return ReadLabelledFolder(folder_ / "", ThreeClasses());
  }

  testing::TemporaryFolder folder_;
};

TEST_F(LabelledFolder, NumbersIdsAndLabels) {
  Put("labels.tsv", "a.jpg\t2\nb.jpg\tn01\textra column\nc d.jpg\tDog\n");
  const auto pictures = Read();
  ASSERT_TRUE(pictures.ok()) << pictures.error().message;
  ASSERT_EQ(pictures->size(), 3u);
  EXPECT_EQ((*pictures)[0].label, 2);
  EXPECT_EQ((*pictures)[1].label, 0);
  EXPECT_EQ((*pictures)[2].label, 1);
  EXPECT_EQ(fs::path((*pictures)[2].path).filename(), "c d.jpg");
}

TEST_F(LabelledFolder, WhatMatchesNoClassOrSeveralIsListed) {
  Put("labels.tsv", "a.jpg\tcrane\nb.jpg\tcat\nc.jpg\tcat\nd.jpg\t3\n");
  const auto pictures = Read();
  ASSERT_FALSE(pictures.ok());
  for (const char* name : {"crane", "cat", "3 names"})
    EXPECT_NE(pictures.error().message.find(name), std::string::npos);
}

TEST_F(LabelledFolder, LinesWithoutClassAreNamed) {
  Put("labels.tsv", "a.jpg\t1\nb.jpg\n");
  EXPECT_NE(Read().error().message.find("line 2"), std::string::npos);
}

TEST_F(LabelledFolder, FoldersNamedById) {
  Put("n03/b.jpg", "");
  Put("n01/deep/a.jpg", "");
  Put("n01/.hidden.jpg", "");
  Put(".git/x.jpg", "");
  const auto pictures = Read();
  ASSERT_TRUE(pictures.ok()) << pictures.error().message;
  ASSERT_EQ(pictures->size(), 2u);
  EXPECT_EQ((*pictures)[0].label, 0);
  EXPECT_EQ((*pictures)[1].label, 2);
}

TEST_F(LabelledFolder, EmptyOnesAreErrors) {
  EXPECT_FALSE(Read().ok());
  Put("labels.tsv", "\n# nothing\n");
  EXPECT_FALSE(Read().ok());
}

}  // namespace
}  // namespace resnet::cli
