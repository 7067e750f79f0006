// See keras.h: the tensors.
//
// SPDX-License-Identifier: MIT
#include <array>
#include <cctype>
#include <utility>

#include "base/strings.h"
#include "import/hdf5_file.h"
#include "import/keras.h"
#include "import/permute.h"

namespace resnet {
namespace {

struct Ending {
  std::string_view keras;
  std::string_view ours;
};

constexpr std::array kEndings = {
    Ending{"kernel", ".weight"},
    Ending{"bias", ".bias"},
    Ending{"gamma", ".weight"},
    Ending{"beta", ".bias"},
    Ending{"moving_mean", ".running_mean"},
    Ending{"moving_variance", ".running_var"},
    // Keras 1, whose published ResNet50 was in use until Keras 2.2. The last one is a variance:
    // that is how Keras read it.
    Ending{"W", ".weight"},
    Ending{"b", ".bias"},
    Ending{"running_mean", ".running_mean"},
    Ending{"running_std", ".running_var"},
};

/// Without ":0" and, in Keras 1, "_1" at the end, which number variables of one name.
std::string_view WithoutNumber(std::string_view name) {
  name = name.substr(0, name.find(':'));
  const size_t last = name.find_last_not_of("0123456789");
  const bool numbered =
      last != std::string_view::npos && last + 1 < name.size() && name[last] == '_';
  return numbered ? name.substr(0, last) : name;
}

/// "conv1_conv.weight" from ".../conv1_conv/kernel:0", "conv1.weight" from "conv1/conv1_W_1:0"; a
/// variable that is none of a ResNet's layers keeps its name.
std::string OurName(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return std::string(path);
  std::string_view layer = path.substr(0, slash);
  layer = layer.substr(layer.rfind('/') + 1);  // npos + 1 is 0
  std::string_view variable = WithoutNumber(path.substr(slash + 1));
  const bool repeated = variable.starts_with(layer) && variable.size() > layer.size() + 1 &&
                        variable[layer.size()] == '_';
  if (repeated) variable.remove_prefix(layer.size() + 1);
  for (const Ending& ending : kEndings) {
    if (variable == ending.keras) return StrCat(layer, ending.ours);
  }
  return StrCat(layer, ".", variable);
}

/// [H, W, I, O] to [O, I, H, W], [I, O] to [O, I]; what has another rank stays.
Result<Tensor> Turn(const std::string& name, const Tensor& tensor) {
  static constexpr std::array<size_t, 4> kKernel = {3, 2, 0, 1};
  static constexpr std::array<size_t, 2> kDense = {1, 0};
  if (name.ends_with(".weight") && tensor.shape.size() == 4) return Permute(tensor, kKernel);
  if (name.ends_with(".weight") && tensor.shape.size() == 2) return Permute(tensor, kDense);
  return tensor.Clone();
}

/// Keras 3 numbers its variables in folders named after classes.
bool IsNamelessLayout(const TensorMap& tensors) {
  for (const auto& [name, tensor] : tensors) {
    if (name.find("/vars/") != std::string::npos) return true;
  }
  return false;
}

Status CheckKind(const TensorFile& file) {
  const auto backend = file.metadata.find(kKerasBackend);
  if (backend != file.metadata.end() && backend->second == "theano") {
    return Error{ErrorCode::kUnsupportedModel,
                 "it was written by Keras on Theano, which keeps kernels the other way round: load "
                 "and save it with TensorFlow's Keras"};
  }
  if (!IsNamelessLayout(file.tensors)) return {};
  return Error{ErrorCode::kUnsupportedModel,
               "this is Keras 3's .weights.h5, which does not name its layers: save the whole "
               "model with model.save(\"NAME.h5\")"};
}

}  // namespace

Result<TensorMap> FromKerasTensors(const TensorFile& file) {
  RESNET_RETURN_IF_ERROR(CheckKind(file));
  constexpr std::string_view kRandomState = "seed_generator_state";  // of augmentation layers
  TensorMap tensors;
  for (const auto& [path, tensor] : file.tensors) {
    if (path.find(kRandomState) != std::string::npos) continue;
    std::string name = OurName(path);
    RESNET_ASSIGN_OR_RETURN(Tensor turned, Turn(name, tensor));
    if (!tensors.emplace(name, std::move(turned)).second) {
      return Error{ErrorCode::kBadModel,
                   StrCat("there are two of \"", Printable(name), "\", one of them \"",
                          Printable(path), "\": the file holds more than one network")};
    }
  }
  return tensors;
}

}  // namespace resnet
