// See relatives.h.
//
// SPDX-License-Identifier: MIT
#include "import/relatives.h"

#include <array>

#include "base/strings.h"

namespace resnet {
namespace {

/// A part of a tensor's name that no plain ResNet has.
struct Telltale {
  std::string_view part;
  std::string_view what;
};

constexpr std::array kTelltales = {
    Telltale{"conv1.0.weight", "a stem of several convolutions (ResNet-C, -D, -S)"},
    Telltale{"downsample.2.", "pooling in its shortcuts (ResNet-D)"},
    Telltale{".se.", "squeeze-and-excitation (SE-ResNet)"},
    Telltale{".se_module.", "squeeze-and-excitation (SE-ResNet)"},
    Telltale{".attn.", "attention in its blocks (ECA, CBAM, ...)"},
    Telltale{"attnpool.", "attention pooling, as CLIP's ResNets have"},
    Telltale{".conv2.radix", "split attention (ResNeSt)"},
    Telltale{".aa.", "blur pooling"},
    Telltale{"_preact_bn", "batch-norms before its convolutions (ResNet V2)"},
    Telltale{"_0_gn.", "group normalisation (ResNet-RS, BiT)"},
    Telltale{".num_groups", "group normalisation"},
};

Error Relative(std::string_view tensor, std::string_view what) {
  return Error{ErrorCode::kUnsupportedModel,
               StrCat("this network has ", what, ", told by tensor \"", Printable(tensor),
                      "\": plain ResNet-18, 34, 50, 101 and 152 are read")};
}

/// The 3x3 convolution of the first bottleneck is [64, 64, 3, 3].
Status CheckWidth(const Convention& convention, const TensorMap& tensors) {
  constexpr int64_t kWidth = 64;
  const bool bottleneck =
      tensors.contains(StrCat(convention.names("layer1.0.conv3").conv, ".weight"));
  const std::string name = StrCat(convention.names("layer1.0.conv2").conv, ".weight");
  const auto found = tensors.find(name);
  if (!bottleneck || found == tensors.end() || found->second.shape.size() != 4) return {};
  const Shape& shape = found->second.shape;
  if (shape[1] != shape[0] && shape[1] > 0 && shape[0] % shape[1] == 0)
    return Relative(name, StrCat(shape[0] / shape[1], " groups in its convolutions (ResNeXt)"));
  if (shape[0] == 2 * kWidth) return Relative(name, "wider bottlenecks (Wide ResNet)");
  return {};
}

}  // namespace

Status RefuseRelatives(const Convention& convention, const TensorMap& tensors) {
  for (const auto& [name, tensor] : tensors) {
    for (const Telltale& telltale : kTelltales) {
      if (name.find(telltale.part) != std::string::npos) return Relative(name, telltale.what);
    }
  }
  return CheckWidth(convention, tensors);
}

}  // namespace resnet
