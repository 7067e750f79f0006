// See command.h.
//
// SPDX-License-Identifier: MIT
#include "cli/command.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "base/strings.h"
#include "cli/shards.h"
#include "model/safetensors.h"

namespace resnet::cli {

Result<Recipe> RecipeFromOption(const std::string& name_or_file) {
  const std::vector<std::string> names = RecipeNames();
  if (std::find(names.begin(), names.end(), name_or_file) != names.end())
    return NamedRecipe(name_or_file);
  constexpr uint64_t kMaxRecipeBytes = 64 << 10;
  const auto text = ReadFile(name_or_file, kMaxRecipeBytes);
  if (!text.ok()) {
    return Error{ErrorCode::kBadArgument, StrCat("recipe \"", name_or_file, "\" is neither one of ",
                                                 Join(names, ", "), " nor a readable JSON file")};
  }
  auto recipe = ParseRecipeText(AsText(*text));
  if (!recipe.ok()) return recipe.error().In(name_or_file);
  return recipe;
}

Result<Model> LoadModel(const std::string& path) {
  RESNET_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadModelFile(path, kMaxModelBytes));
  auto model = ReadModel(bytes);
  if (!model.ok()) return model.error().In(path);
  return model;
}

void JsonTarget::AddOption(CLI::App& command) {
  command
      .add_option("--json", file_,
                  "Result as JSON: on standard output, or in FILE (a name that ends in .json)")
      ->type_name("[FILE]");
}

Status JsonTarget::Check() const {
  return !wanted() || to_stdout() ? Status() : CheckFolderOf(file_);
}

Status JsonTarget::Write(const std::string& text) const {
  if (to_stdout()) return Print(text + "\n");
  return WriteFile(file_, AsBytes(text + "\n"));
}

Status CheckFolderOf(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty() || std::filesystem::is_directory(folder, ignored)) return {};
  return Error{ErrorCode::kIo, StrCat(path, ": the folder ", folder.string(), " does not exist")};
}

Status Print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return {};
  return Error{ErrorCode::kIo, "cannot write to standard output"};
}

void Warn(std::string_view message) {
  std::fprintf(stderr, "resnet: %.*s\n", static_cast<int>(message.size()), message.data());
}

}  // namespace resnet::cli
