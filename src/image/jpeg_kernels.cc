// See jpeg_kernels.h.
//
// SPDX-License-Identifier: MIT
#include "image/jpeg_kernels.h"

#include <algorithm>
#include <cstdint>

namespace {

/// Fractional bits of the constants, and of the values between the two passes.
constexpr int kConstantBits = 13, kBetweenBits = 2;

constexpr int32_t Fixed(double value) {
  return static_cast<int32_t>(value * (1 << kConstantBits) + 0.5);
}

// Unsigned, so that a damaged file's huge coefficients wrap instead of being undefined.
using Word = uint32_t;

constexpr Word Times(Word value, double constant) {
  return value * static_cast<Word>(Fixed(constant < 0 ? -constant : constant)) *
         (constant < 0 ? static_cast<Word>(-1) : 1u);
}

/// The value without its lowest `bits`, rounded.
int32_t Descale(Word value, int bits) {
  return static_cast<int32_t>(value + (Word{1} << (bits - 1))) >> bits;
}

/// One-dimensional inverse DCT of eight values `step` apart; results are scaled by 2^kConstantBits.
void InverseDct(const int32_t* in, int step, Word out[8]) {
  const auto at = [&](int i) { return static_cast<Word>(in[i * step]); };
  // Even part.
  const Word rotated = Times(at(2) + at(6), 0.541196100);
  const Word even2 = rotated + Times(at(6), -1.847759065),
             even3 = rotated + Times(at(2), 0.765366865);
  const Word even0 = (at(0) + at(4)) << kConstantBits, even1 = (at(0) - at(4)) << kConstantBits;
  const Word sums[4] = {even0 + even3, even1 + even2, even1 - even2, even0 - even3};
  // Odd part.
  Word odd0 = at(7), odd1 = at(5), odd2 = at(3), odd3 = at(1);
  const Word z5 = Times(odd0 + odd2 + odd1 + odd3, 1.175875602);
  const Word z1 = Times(odd0 + odd3, -0.899976223), z2 = Times(odd1 + odd2, -2.562915447);
  const Word z3 = Times(odd0 + odd2, -1.961570560) + z5, z4 = Times(odd1 + odd3, -0.390180644) + z5;
  odd0 = Times(odd0, 0.298631336) + z1 + z3;
  odd1 = Times(odd1, 2.053119869) + z2 + z4;
  odd2 = Times(odd2, 3.072711026) + z2 + z3;
  odd3 = Times(odd3, 1.501321110) + z1 + z4;
  const Word odds[4] = {odd3, odd2, odd1, odd0};
  for (int i = 0; i < 4; ++i) {
    out[i] = sums[i] + odds[i];
    out[7 - i] = sums[i] - odds[i];
  }
}

unsigned char Clamp(int32_t value) { return static_cast<unsigned char>(std::clamp(value, 0, 255)); }

/// value * constant with 16 fractional bits, rounded.
constexpr int32_t Scaled(int32_t value, int32_t constant, int32_t rounding) {
  return value * constant + rounding;
}

}  // namespace

void resnet_jpeg_idct(unsigned char* out, int stride, short coefficients[64]) {
  int32_t columns[64], between[64];
  std::copy(coefficients, coefficients + 64, columns);
  Word line[8];
  for (int x = 0; x < 8; ++x) {
    InverseDct(columns + x, 8, line);
    for (int y = 0; y < 8; ++y) between[y * 8 + x] = Descale(line[y], kConstantBits - kBetweenBits);
  }
  for (int y = 0; y < 8; ++y, out += stride) {
    InverseDct(between + y * 8, 1, line);
    // Each pass also scales by the square root of eight: three bits in all.
    for (int x = 0; x < 8; ++x) {
      out[x] = Clamp(Descale(line[x], kConstantBits + kBetweenBits + 3) + 128);
    }
  }
}

void resnet_jpeg_ycc_to_rgb(unsigned char* out, const unsigned char* y, const unsigned char* cb,
                            const unsigned char* cr, int count, int step) {
  // T.871's 1.402, 1.772, 0.344136 and 0.714136 (as libjpeg writes them) in 1/65536.
  constexpr int32_t kRedCr = 91881, kBlueCb = 116130, kGreenCb = 22554, kGreenCr = 46802;
  constexpr int32_t kHalf = 1 << 15;
  for (int i = 0; i < count; ++i, out += step) {
    const int32_t blue = cb[i] - 128, red = cr[i] - 128;
    out[0] = Clamp(y[i] + (Scaled(red, kRedCr, kHalf) >> 16));
    out[1] = Clamp(y[i] + ((Scaled(blue, -kGreenCb, kHalf) + Scaled(red, -kGreenCr, 0)) >> 16));
    out[2] = Clamp(y[i] + (Scaled(blue, kBlueCb, kHalf) >> 16));
    if (step == 4) out[3] = 255;
  }
}

unsigned char* resnet_jpeg_upsample_h2(unsigned char* out, unsigned char* row, int width) {
  // Ties are rounded down to the left and up to the right, so that the mean is kept.
  for (int i = 0; i < width; ++i) {
    const int left = row[std::max(i - 1, 0)], right = row[std::min(i + 1, width - 1)];
    out[2 * i] = static_cast<unsigned char>((3 * row[i] + left + 1) >> 2);
    out[2 * i + 1] = static_cast<unsigned char>((3 * row[i] + right + 2) >> 2);
  }
  return out;
}

unsigned char* resnet_jpeg_upsample_h2v2(unsigned char* out, unsigned char* near,
                                         unsigned char* far, int width) {
  const auto column = [&](int i) { return 3 * near[i] + far[i]; };
  for (int i = 0; i < width; ++i) {
    const int here = column(i), left = column(std::max(i - 1, 0));
    const int right = column(std::min(i + 1, width - 1));
    out[2 * i] = static_cast<unsigned char>((3 * here + left + 8) >> 4);
    out[2 * i + 1] = static_cast<unsigned char>((3 * here + right + 7) >> 4);
  }
  return out;
}
