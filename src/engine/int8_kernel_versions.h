// The versions of the kernels, one source file per instruction set; int8_kernel.cc chooses.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_INT8_KERNEL_VERSIONS_H_
#define RESNET_ENGINE_INT8_KERNEL_VERSIONS_H_

#include "engine/int8_kernel.h"

namespace resnet {

extern const Int8Kernel kPortableActivationKernel, kPortablePixelKernel;

#if defined(__wasm_simd128__)
extern const Int8Kernel kSimdActivationKernel, kSimdPixelKernel;
#endif

#if defined(__wasm_relaxed_simd__)
/// Both use i8 x i7 dot products: with accumulation where that is one instruction, in pairs where
/// the engine has to make it of several.
extern const Int8Kernel kDotActivationKernel, kPairDotActivationKernel;
/// What the probe says: the engine has an instruction of its own for the accumulating dot product.
bool HasDotInstruction();
#endif

#if defined(__x86_64__)
extern const Int8Kernel kAvx2ActivationKernel, kAvx2PixelKernel;
#endif

}  // namespace resnet

#endif  // RESNET_ENGINE_INT8_KERNEL_VERSIONS_H_
