// Reading bytes that came from outside: checked sizes and a bounds-checked reader.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_BASE_BYTES_H_
#define RESNET_BASE_BYTES_H_

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace resnet {

using Bytes = std::span<const uint8_t>;

/// a * b, or nothing where it does not fit.
inline std::optional<uint64_t> CheckedMultiply(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

/// a + b, or nothing where it does not fit.
inline std::optional<uint64_t> CheckedAdd(uint64_t a, uint64_t b) {
  uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

enum class ByteOrder { kLittle, kBig };

/// A cursor over bytes. A read past the end gives nothing and leaves the cursor where it was.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes, ByteOrder order = ByteOrder::kLittle)
      : bytes_(bytes), order_(order) {}

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }

  /// False, and no move, where `position` lies past the end.
  bool Seek(uint64_t position) {
    if (position > bytes_.size()) return false;
    position_ = static_cast<size_t>(position);
    return true;
  }

  std::optional<Bytes> Take(uint64_t count) {
    if (count > remaining()) return std::nullopt;
    const Bytes taken = bytes_.subspan(position_, static_cast<size_t>(count));
    position_ += static_cast<size_t>(count);
    return taken;
  }

  /// An unsigned integer of sizeof(T) bytes in the reader's byte order.
  template <typename T>
  std::optional<T> Read() {
    static_assert(std::is_unsigned_v<T>);
    const auto taken = Take(sizeof(T));
    if (!taken) return std::nullopt;
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      const size_t shift = order_ == ByteOrder::kLittle ? i : sizeof(T) - 1 - i;
      number |= static_cast<uint64_t>((*taken)[i]) << (8 * shift);
    }
    return static_cast<T>(number);
  }

 private:
  Bytes bytes_;
  ByteOrder order_;
  size_t position_ = 0;
};

inline Bytes AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline std::string_view AsText(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// True where the bytes begin like a web page: what a server sends in place of a missing file.
bool LooksLikeHtml(Bytes bytes);

}  // namespace resnet

#endif  // RESNET_BASE_BYTES_H_
