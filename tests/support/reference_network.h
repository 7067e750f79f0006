// The network again, as plain loops in double precision: slow, and too simple to be wrong in the
// same way.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TESTS_SUPPORT_REFERENCE_NETWORK_H_
#define RESNET_TESTS_SUPPORT_REFERENCE_NETWORK_H_

#include <map>
#include <string>
#include <vector>

#include "model/model.h"

namespace resnet::testing {

/// One picture's activation, [height, width, channels].
struct ReferenceActivation {
  int height, width, channels;
  std::vector<double> values;
};

/// Every layer's output by the name that Activation gives it, for one picture of recipe.crop
/// squared RGB bytes.
std::map<std::string, ReferenceActivation> RunReference(const Model& model, Bytes pixels);

}  // namespace resnet::testing

#endif  // RESNET_TESTS_SUPPORT_REFERENCE_NETWORK_H_
