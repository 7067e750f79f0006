// See resize.h. The arithmetic, down to the order of operations, is that of Pillow's Resample.c and
// of the nearest neighbour path in its Geometry.c: weights in double, rounded to fixed point;
// columns first, then rows, with rounding to 8 bits between; a pass that changes nothing is
// skipped.
//
// SPDX-License-Identifier: MIT
#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

// A fused multiply-add would round once where Pillow rounds twice.
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

namespace resnet {
namespace {

// 8 bits of result and two of headroom for bicubic's overshoot.
constexpr int kWeightBits = 32 - 8 - 2;
constexpr int32_t kHalf = 1 << (kWeightBits - 1);

double Triangle(double x) {
  x = std::abs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

double Cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

uint8_t ToByte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255)); }

/// One side of the picture: how many samples there are, how many there shall be, and which of these
/// are wanted.
struct Side {
  int in = 0;
  int out = 0;
  int begin = 0;
  int count = 0;
};

/// For each wanted sample the source samples that make it, with their weights.
struct Taps {
  struct Range {
    int begin;
    int count;
  };
  Buffer<Range> ranges;
  Buffer<int32_t> weights;  // `most` for each range
  size_t most = 0;

  size_t size() const { return ranges.size(); }
  const int32_t* weights_of(size_t i) const { return weights.data() + i * most; }
  int first() const { return ranges[0].begin; }
  int end() const { return ranges[size() - 1].begin + ranges[size() - 1].count; }
};

void FillTaps(const Side& side, Filter filter, double support, double filter_scale,
              Buffer<double>& exact, Taps& taps) {
  const double scale = static_cast<double>(side.in) / side.out;
  const double inverse = 1.0 / filter_scale;
  for (size_t i = 0; i < taps.size(); ++i) {
    const double center = (side.begin + static_cast<int>(i) + 0.5) * scale;
    const int begin = std::max(static_cast<int>(center - support + 0.5), 0);
    const int end = std::min(static_cast<int>(center + support + 0.5), side.in);
    const size_t count = static_cast<size_t>(end - begin);
    taps.ranges[i] = {begin, end - begin};
    double total = 0.0;
    for (size_t k = 0; k < count; ++k) {
      const double x = (static_cast<int>(k) + begin - center + 0.5) * inverse;
      exact[k] = filter == Filter::kBicubic ? Cubic(x) : Triangle(x);
      total += exact[k];
    }
    int32_t* weights = taps.weights.data() + i * taps.most;
    for (size_t k = 0; k < count; ++k) {
      const double weight = (total != 0.0 ? exact[k] / total : exact[k]) * (1 << kWeightBits);
      weights[k] = static_cast<int32_t>(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
  }
}

Result<Taps> MakeTaps(const Side& side, Filter filter) {
  const double filter_scale = std::max(static_cast<double>(side.in) / side.out, 1.0);
  const double support = (filter == Filter::kBicubic ? 2.0 : 1.0) * filter_scale;
  Taps taps;
  taps.most = static_cast<size_t>(std::ceil(support)) * 2 + 1;
  const auto count = static_cast<uint64_t>(side.count);
  RESNET_ASSIGN_OR_RETURN(taps.ranges, Buffer<Taps::Range>::Allocate(count));
  RESNET_ASSIGN_OR_RETURN(taps.weights, Buffer<int32_t>::Allocate(count * taps.most));
  RESNET_ASSIGN_OR_RETURN(auto exact, Buffer<double>::Allocate(taps.most));
  FillTaps(side, filter, support, filter_scale, exact, taps);
  return taps;
}

void ResampleRow(const uint8_t* row, const Taps& taps, uint8_t* out) {
  for (size_t i = 0; i < taps.size(); ++i) {
    const auto [begin, count] = taps.ranges[i];
    const uint8_t* pixel = row + static_cast<size_t>(begin) * kChannels;
    const int32_t* weights = taps.weights_of(i);
    int32_t red = kHalf, green = kHalf, blue = kHalf;
    for (int k = 0; k < count; ++k, pixel += kChannels) {
      red += weights[k] * pixel[0];
      green += weights[k] * pixel[1];
      blue += weights[k] * pixel[2];
    }
    *out++ = ToByte(red);
    *out++ = ToByte(green);
    *out++ = ToByte(blue);
  }
}

/// The rows of the window after the pass over the columns, made one at a time.
class Rows {
 public:
  static Result<Rows> Make(const Image& source, const Side& columns, Filter filter) {
    Rows rows(source, columns);
    if (columns.in == columns.out) return rows;
    RESNET_ASSIGN_OR_RETURN(rows.taps_, MakeTaps(columns, filter));
    RESNET_ASSIGN_OR_RETURN(rows.line_, Buffer<uint8_t>::Allocate(rows.bytes()));
    return rows;
  }

  size_t bytes() const { return static_cast<size_t>(columns_.count) * kChannels; }

  // Valid until the next call.
  const uint8_t* Get(int y) {
    if (columns_.in == columns_.out) {
      return source_->row(y) + static_cast<size_t>(columns_.begin) * kChannels;
    }
    ResampleRow(source_->row(y), taps_, line_.data());
    return line_.data();
  }

 private:
  Rows(const Image& source, const Side& columns) : source_(&source), columns_(columns) {}

  const Image* source_;
  Side columns_;
  Taps taps_;
  Buffer<uint8_t> line_;
};

void AddWeighted(const uint8_t* line, int32_t weight, size_t count, int32_t* sums) {
  for (size_t i = 0; i < count; ++i) sums[i] += weight * line[i];
}

// Each source row is resampled once and added to all the rows of the result that it takes part in.
// So the memory is one sum per value of the window, however tall the source is.
Status ResampleRows(Rows& rows, const Taps& taps, uint8_t* out, size_t out_stride) {
  const size_t width = rows.bytes();
  RESNET_ASSIGN_OR_RETURN(auto sums, Buffer<int32_t>::Allocate(taps.size() * width));
  std::ranges::fill(sums, kHalf);
  size_t open = 0;  // the first row of the result that may still lack something
  for (int y = taps.first(); y < taps.end(); ++y) {
    const uint8_t* line = rows.Get(y);
    while (taps.ranges[open].begin + taps.ranges[open].count <= y) ++open;
    for (size_t i = open; i < taps.size() && taps.ranges[i].begin <= y; ++i) {
      const int32_t weight = taps.weights_of(i)[y - taps.ranges[i].begin];
      AddWeighted(line, weight, width, sums.data() + i * width);
    }
  }
  for (size_t i = 0; i < taps.size(); ++i) {
    std::transform(sums.data() + i * width, sums.data() + (i + 1) * width, out + i * out_stride,
                   ToByte);
  }
  return {};
}

Status Resample(const Image& source, const Side& columns, const Side& lines, Filter filter,
                uint8_t* out, size_t out_stride) {
  RESNET_ASSIGN_OR_RETURN(Rows rows, Rows::Make(source, columns, filter));
  if (lines.in != lines.out) {
    RESNET_ASSIGN_OR_RETURN(const Taps taps, MakeTaps(lines, filter));
    return ResampleRows(rows, taps, out, out_stride);
  }
  for (int y = 0; y < lines.count; ++y) {
    std::memcpy(out + static_cast<size_t>(y) * out_stride, rows.Get(lines.begin + y), rows.bytes());
  }
  return {};
}

// The source sample of each wanted one. Pillow adds the step up from one sample to the next, and so
// do we from the first: the closed form rounds differently.
Result<Buffer<int>> NearestIndices(const Side& side) {
  RESNET_ASSIGN_OR_RETURN(auto indices, Buffer<int>::Allocate(static_cast<uint64_t>(side.count)));
  const double step = static_cast<double>(side.in) / side.out;
  double position = step * 0.5;
  for (int i = 0; i < side.begin; ++i) position += step;
  for (int& index : indices) {
    index = std::min(static_cast<int>(position), side.in - 1);
    position += step;
  }
  return indices;
}

Status PickNearest(const Image& source, const Side& columns, const Side& lines, uint8_t* out,
                   size_t out_stride) {
  RESNET_ASSIGN_OR_RETURN(const auto xs, NearestIndices(columns));
  RESNET_ASSIGN_OR_RETURN(const auto ys, NearestIndices(lines));
  for (size_t y = 0; y < ys.size(); ++y) {
    const uint8_t* row = source.row(ys[y]);
    uint8_t* to = out + y * out_stride;
    for (const int x : xs) {
      to = std::copy_n(row + static_cast<size_t>(x) * kChannels, kChannels, to);
    }
  }
  return {};
}

// The part of [begin, begin + count) that lies in [0, size).
std::pair<int, int> Clip(int begin, int count, int size) {
  const int64_t end = std::min<int64_t>(int64_t{begin} + count, size);
  const int first = std::clamp(begin, 0, size);
  return {first, static_cast<int>(std::max<int64_t>(end - first, 0))};
}

}  // namespace

Result<Image> ResizeWindow(const Image& source, int width, int height, Filter filter,
                           const Box& window) {
  if (source.width < 1 || source.height < 1 || width < 1 || height < 1) {
    return Error{ErrorCode::kBadArgument, StrCat("a picture of ", source.width, "x", source.height,
                                                 " cannot be scaled to ", width, "x", height)};
  }
  RESNET_ASSIGN_OR_RETURN(Image result, Image::Create(window.width, window.height));
  const auto [x, columns_count] = Clip(window.x, window.width, width);
  const auto [y, lines_count] = Clip(window.y, window.height, height);
  if (columns_count != window.width || lines_count != window.height) {
    std::ranges::fill(result.pixels, uint8_t{0});
  }
  if (columns_count == 0 || lines_count == 0) return result;
  const Side columns = {source.width, width, x, columns_count};
  const Side lines = {source.height, height, y, lines_count};
  uint8_t* out = result.row(y - window.y) + static_cast<size_t>(x - window.x) * kChannels;
  const size_t stride = static_cast<size_t>(window.width) * kChannels;
  const Status done = filter == Filter::kNearest
                          ? PickNearest(source, columns, lines, out, stride)
                          : Resample(source, columns, lines, filter, out, stride);
  if (!done.ok()) return done.error();
  return result;
}

}  // namespace resnet
