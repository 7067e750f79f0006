// The JavaScript that Emscripten writes beside the wasm file. The bundler finds it under this name: tools/build/bundle.mjs.
//
// SPDX-License-Identifier: MIT
declare module 'resnet-glue' {
  interface ModuleOptions {
    instantiateWasm(imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance) => void): object;
  }
  export default function createModule<Module>(options: ModuleOptions): Promise<Module>;
}
