// Stands in for Emscripten's header while XNNPACK's gemm-config.c is compiled.
//
// That file guesses by the number of cores, asked of JavaScript, whether it runs on x86, and above
// 4 takes the kernels for it. They are the quicker ones there, and phones have eight cores too: so
// the answer is always the same. Results do not depend on where they were computed, the other
// kernels are not linked, and both wasm builds import the same functions.
// SPDX-License-Identifier: MIT
#ifndef RESNET_WASM_XNNPACK_EMSCRIPTEN_H_
#define RESNET_WASM_XNNPACK_EMSCRIPTEN_H_

#define EM_JS(result, name, parameters, ...) \
  static result name parameters { return 8; }

#endif  // RESNET_WASM_XNNPACK_EMSCRIPTEN_H_
