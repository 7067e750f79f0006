// What a file says of its network besides tensors: some formats carry the graph too.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_HINTS_H_
#define RESNET_IMPORT_HINTS_H_

#include <optional>
#include <string>
#include <vector>

#include "model/architecture.h"
#include "model/model.h"

namespace resnet {

struct Hints {
  bool from_graph = false;  ///< the tensors were named by us, after the graph
  std::optional<Variant> variant = {};
  std::optional<double> epsilon = {};  ///< of batch-norm
  std::string recipe = {};             ///< the name of one; "": as the naming convention has it
  std::string recipe_note = {};        ///< why that one
  /// What the network does to its input before the first convolution, for people; then only the
  /// user can say what the recipe is.
  std::string own_preprocessing = {};
  Description description = {};  ///< a recipe in it goes before the named one
  std::vector<std::string> notes = {};
};

}  // namespace resnet

#endif  // RESNET_IMPORT_HINTS_H_
