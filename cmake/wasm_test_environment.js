// Gives a wasm program under Node the process's environment variables (RESNET_DATA, GTEST_OUTPUT); Emscripten makes up its own.
// A program that never calls getenv has no ENV.
Module['preRun'] = Module['preRun'] || [];
Module['preRun'].push(() => typeof ENV === 'object' && Object.assign(ENV, process.env));
