// Which pictures a command line means: files, folders, labelled folders.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_PICTURE_FILES_H_
#define RESNET_TOOLS_CLI_PICTURE_FILES_H_

#include <string>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace resnet::cli {

/// Files as they are, folders as the picture files below them (by extension: jpg, jpeg, png, bmp;
/// hidden ones left out), in order of name. Errors: kIo for a folder that cannot be read,
/// kBadArgument for one without pictures.
Result<std::vector<std::string>> ListPictures(const std::vector<std::string>& paths);

struct LabelledPicture {
  std::string path;
  int label;  ///< class index
};

/// A folder with `labels.tsv` (file TAB class index or label, one a line; further columns, empty
/// lines and lines that start with # are passed over), else one sub-folder per class, whose name is
/// a label id, a label, or a class number of the model. Errors: kIo; kBadArgument with the list of
/// what did not match, or where there is neither.
Result<std::vector<LabelledPicture>> ReadLabelledFolder(const std::string& folder,
                                                        const ModelInfo& info);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_PICTURE_FILES_H_
