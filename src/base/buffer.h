// Buffer<T>: a fixed-size array on the heap whose allocation can fail without ending the program.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_BASE_BUFFER_H_
#define RESNET_BASE_BUFFER_H_

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strings.h"

namespace resnet {

/// A cache line, and enough for every SIMD load.
inline constexpr size_t kBufferAlignment = 64;
/// Bytes that may be read (never written) past the end: XNNPACK's kernels load whole vectors
/// (XNN_EXTRA_BYTES is 128 on some targets). They are zero.
inline constexpr size_t kBufferTail = 128;

/// Move-only, aligned, for plain numbers. The contents start out uninitialised, but for the tail.
template <typename T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;

  /// Errors: kOutOfMemory, also where count * sizeof(T) does not fit.
  static Result<Buffer> Allocate(uint64_t count) {
    const auto bytes = CheckedMultiply(count, sizeof(T));
    constexpr uint64_t kMost = SIZE_MAX / 2;
    if (!bytes || *bytes > kMost) return TooLarge(count);
    const size_t used = static_cast<size_t>(*bytes);
    const size_t whole =
        (used + kBufferTail + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
    Buffer buffer;
    buffer.data_.reset(static_cast<T*>(std::aligned_alloc(kBufferAlignment, whole)));
    if (buffer.data_ == nullptr) return TooLarge(count);
    std::memset(reinterpret_cast<char*>(buffer.data_.get()) + used, 0, whole - used);
    buffer.size_ = static_cast<size_t>(count);
    return buffer;
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data_.get()[i]; }
  const T& operator[](size_t i) const { return data_.get()[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }

  std::span<T> span() { return {data(), size_}; }
  std::span<const T> span() const { return {data(), size_}; }

 private:
  struct Free {
    void operator()(T* data) const { std::free(data); }
  };

  static Error TooLarge(uint64_t count) {
    return Error{ErrorCode::kOutOfMemory,
                 StrCat("no memory for ", count, " values of ", sizeof(T), " bytes")};
  }

  std::unique_ptr<T, Free> data_;
  size_t size_ = 0;
};

}  // namespace resnet

#endif  // RESNET_BASE_BUFFER_H_
