// See picture_files.h.
//
// SPDX-License-Identifier: MIT
#include "cli/picture_files.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/strings.h"
#include "classify/scores.h"

namespace resnet::cli {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxLabelsBytes = 256ull << 20;  // labels.tsv of some millions of pictures

bool IsPictureName(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  const bool hidden = path.filename().string().starts_with('.');
  return !hidden && (extension == ".jpg" || extension == ".jpeg" || extension == ".png" ||
                     extension == ".bmp");
}

Error IoError(const std::string& path, const std::error_code& code) {
  return Error{ErrorCode::kIo, StrCat(path, ": ", code.message())};
}

/// The picture files below `folder`, sorted.
Result<std::vector<std::string>> PicturesBelow(const std::string& folder) {
  std::error_code code;
  std::vector<std::string> found;
  const auto options = fs::directory_options::follow_directory_symlink;
  for (fs::recursive_directory_iterator it(folder, options, code), end; !code && it != end;
       it.increment(code)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored) && IsPictureName(it->path()))
      found.push_back(it->path().string());
  }
  if (code) return IoError(folder, code);
  std::sort(found.begin(), found.end());
  return found;
}

/// Names that matched no class, for one message at the end instead of one error at a time.
class Unmatched {
 public:
  void Add(std::string_view name) { names_.insert(std::string(name)); }
  bool empty() const { return names_.empty(); }
  Error AsError(std::string_view where) const {
    constexpr size_t kShown = 10;
    std::vector<std::string> shown;
    for (const std::string& name : names_) {
      if (shown.size() < kShown) shown.push_back(Printable(name, 60));
    }
    const std::string more =
        names_.size() > kShown ? StrCat(" and ", names_.size() - kShown, " more") : "";
    return Error{ErrorCode::kBadArgument,
                 StrCat(where, ": ", names_.size(),
                        " names match no class of the model: ", Join(shown, ", "), more)};
  }

 private:
  std::set<std::string> names_;
};

/// The class that a name in labels.tsv or a folder's name means. A name that several classes bear
/// is no answer.
std::optional<int> ClassOf(const ModelInfo& info, std::string_view name) {
  // Label ids first: they are made to be unique, labels are not.
  const auto id = std::find(info.label_ids.begin(), info.label_ids.end(), name);
  if (id != info.label_ids.end()) return static_cast<int>(id - info.label_ids.begin());
  const auto classes = FindClasses(info, name);
  if (!classes.ok() || classes->size() != 1) return std::nullopt;
  return classes->front();
}

std::string_view TakeField(std::string_view& line) {
  const size_t tab = line.find('\t');
  const std::string_view field = line.substr(0, tab);
  line = tab == std::string_view::npos ? std::string_view() : line.substr(tab + 1);
  return field;
}

Result<std::vector<LabelledPicture>> ReadLabelsFile(const std::string& folder,
                                                    const std::string& file,
                                                    const ModelInfo& info) {
  RESNET_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(file, kMaxLabelsBytes));
  std::string_view text = AsText(bytes);
  std::vector<LabelledPicture> pictures;
  Unmatched unmatched;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    const std::string_view name = TakeField(line);
    const std::string_view label = TakeField(line);
    if (label.empty())
      return Error{ErrorCode::kBadArgument,
                   StrCat(file, ": line ", number, ": expected a file name, a tab and a class")};
    // A number is an index here even where a label looks like one: that is what the format says.
    int index = -1;
    const auto [stop, failure] = std::from_chars(label.data(), label.data() + label.size(), index);
    const bool is_index = failure == std::errc() && stop == label.data() + label.size() &&
                          index >= 0 && index < info.network.classes;
    const std::optional<int> found = is_index ? std::optional(index) : ClassOf(info, label);
    if (!found) unmatched.Add(label);
    pictures.push_back({(fs::path(folder) / name).string(), found.value_or(-1)});
  }
  if (!unmatched.empty()) return unmatched.AsError(file);
  return pictures;
}

Result<std::vector<LabelledPicture>> ReadClassFolders(const std::string& folder,
                                                      const ModelInfo& info) {
  std::error_code code;
  std::vector<LabelledPicture> pictures;
  std::vector<std::string> folders;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && !it->path().filename().string().starts_with('.'))
      folders.push_back(it->path().string());
  }
  if (code) return IoError(folder, code);
  if (folders.empty()) {
    return Error{
        ErrorCode::kBadArgument,
        StrCat(folder,
               ": holds neither labels.tsv (file, tab, class) nor one sub-folder per class")};
  }
  std::sort(folders.begin(), folders.end());
  Unmatched unmatched;
  for (const std::string& path : folders) {
    const std::string name = fs::path(path).filename().string();
    const std::optional<int> label = ClassOf(info, name);
    if (!label) unmatched.Add(name);
    RESNET_ASSIGN_OR_RETURN(const std::vector<std::string> files, PicturesBelow(path));
    for (const std::string& file : files) pictures.push_back({file, label.value_or(-1)});
  }
  if (!unmatched.empty()) return unmatched.AsError(folder);
  return pictures;
}

}  // namespace

Result<std::vector<std::string>> ListPictures(const std::vector<std::string>& paths) {
  std::vector<std::string> all;
  for (const std::string& path : paths) {
    std::error_code code;
    if (!fs::is_directory(
            path, code)) {  // a file that is missing is reported in its place among the others
      all.push_back(path);
      continue;
    }
    RESNET_ASSIGN_OR_RETURN(const std::vector<std::string> files, PicturesBelow(path));
    if (files.empty())
      return Error{ErrorCode::kBadArgument,
                   StrCat(path, ": holds no .jpg, .jpeg, .png or .bmp files")};
    all.insert(all.end(), files.begin(), files.end());
  }
  return all;
}

Result<std::vector<LabelledPicture>> ReadLabelledFolder(const std::string& folder,
                                                        const ModelInfo& info) {
  std::error_code code;
  if (!fs::is_directory(folder, code))
    return Error{ErrorCode::kIo, StrCat(folder, ": a folder with labelled pictures was expected")};
  const std::string labels = (fs::path(folder) / "labels.tsv").string();
  RESNET_ASSIGN_OR_RETURN(std::vector<LabelledPicture> pictures,
                          fs::exists(labels, code) ? ReadLabelsFile(folder, labels, info)
                                                   : ReadClassFolders(folder, info));
  if (pictures.empty())
    return Error{ErrorCode::kBadArgument, StrCat(folder, ": names no pictures")};
  return pictures;
}

}  // namespace resnet::cli
