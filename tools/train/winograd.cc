// Winograd's 3x3 convolution (padding 1, stride 1 or 2) and its gradients, for training on a CPU.
//
// Tensors are float32, contiguous, channels last; channels are multiples of 8. Pictures are
// [batch][height][width][channels], weights [output][3][3][input]. Results are made in tiles of
// m x m, each from n x n inputs. With Toom's and Cook's matrices I, F, O for n points and
// U = F w F' for each pair of channels:
//
//   forward          V = I x I'     M = V U      y  = O' M O
//   gradient of x    M = O dy O'    V = M U'     dx = I' V I
//   gradient of w    (both of them) D = M' V     dw = F' D F
//
// The gradients are the forward's exact adjoints. The products in the middle, tiles x channels by
// channels x channels for each of the n x n frequencies, take most of the time. With stride 2, a
// picture's even and odd rows and columns are four phases, more channels as it were, of a
// convolution with stride 1 and two taps.
//
// Every sum has one order, whichever thread takes it: results do not depend on the threads.
//
// SPDX-License-Identifier: MIT
#include <immintrin.h>
#include <omp.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace {

using Vector = __m256;

constexpr long kVector = 8;   // floats
constexpr long kPanel = 16;   // columns of the multiplication's kernel; floats of a cache line
constexpr long kRows = 6;     // its rows: 6 x 2 vectors fill the registers
constexpr long kDepth = 256;  // a panel so deep is half of the L1 cache
constexpr long kBlock =
    1 << 20;  // floats of V and M in work at a time, at least: they stay in the L3 cache
constexpr long kHugePage = 2 << 20;

// ---- The matrices, and small vectors times them

template <int kJ, int kI>
struct Matrix {
  static constexpr int kHeight = kJ, kLength = kI;
  double at[kJ][kI] = {};
};

constexpr double kPoints[] = {0, 1, -1, 2, -2, 0.5, -0.5};  // the first n - 1 of them, and infinity

/** Row j: the powers of point j, over the product of its distances to the others or as they are. */
template <int kN, int kLength>
constexpr auto Powers(bool divide) {
  Matrix<kN, kLength> result;
  for (int j = 0; j < kN - 1; ++j) {
    double value = 1;
    for (int l = 0; divide && l < kN - 1; ++l) value /= l == j ? 1 : kPoints[j] - kPoints[l];
    for (int i = 0; i < kLength; ++i, value *= kPoints[j]) result.at[j][i] = value;
  }
  result.at[kN - 1][kLength - 1] = 1;
  return result;
}

/** Row j: the coefficients of the product of (x - point) over all points but j. */
template <int kN>
constexpr auto Products() {
  Matrix<kN, kN> result;
  for (int j = 0; j < kN; ++j) {
    result.at[j][0] = 1;
    for (int l = 0; l < kN - 1; ++l) {
      for (int i = kN - 1; l != j && i >= 0; --i) {
        result.at[j][i] = (i > 0 ? result.at[j][i - 1] : 0) - kPoints[l] * result.at[j][i];
      }
    }
  }
  return result;
}

template <int kCount, class Body>
inline void Unroll(Body body) {
  [&]<int... kIndex>(std::integer_sequence<int, kIndex...>) {
    (body(std::integral_constant<int, kIndex>()), ...);
  }(std::make_integer_sequence<int, kCount>());
}

/** y = P x or y = P' x. */
template <class P, bool kTransposed>
inline void Apply(const Vector* x, Vector* y) {
  constexpr int kHeight = P::kMatrix.kHeight, kLength = P::kMatrix.kLength;
  Unroll<(kTransposed ? kLength : kHeight)>([&](auto j) {
    Vector sum{};
    Unroll<(kTransposed ? kHeight : kLength)>([&](auto i) {
      constexpr float kFactor = kTransposed ? P::kMatrix.at[i][j] : P::kMatrix.at[j][i];
      if constexpr (kFactor != 0) sum += kFactor * x[i];
    });
    y[j] = sum;
  });
}

/** P X P' or P' X P: load(place) reads a square of vectors by rows, store(place, value) writes. */
template <class P, bool kTransposed, class Load, class Store>
[[gnu::flatten]] inline void Transform(Load load, Store store) {
  constexpr int kFrom = kTransposed ? P::kMatrix.kHeight : P::kMatrix.kLength;
  constexpr int kTo = kTransposed ? P::kMatrix.kLength : P::kMatrix.kHeight;
  Vector middle[kTo][kFrom], x[kFrom], y[kTo];
#pragma GCC unroll 1
  for (int column = 0; column < kFrom; ++column) {
    Unroll<kFrom>([&](auto i) { x[i] = load(i * kFrom + column); });
    Apply<P, kTransposed>(x, y);
    Unroll<kTo>([&](auto i) { middle[i][column] = y[i]; });
  }
#pragma GCC unroll 1
  for (int row = 0; row < kTo; ++row) {
    Apply<P, kTransposed>(middle[row], y);
    Unroll<kTo>([&](auto i) { store(row * kTo + i, y[i]); });
  }
}

// ---- Matrix multiplication

/**
 * Of a left one, element (i, d) is at data[i * outer + d * step]; of a right one, element (d, j) is
 * at data[j / 16 * outer + d * step + j % 16].
 */
struct Operand {
  const float* data;
  long outer, step;
};

template <int kHeight>
[[gnu::flatten]] void Kernel(long depth, Operand a, const float* b, long step, float* c, long row,
                             bool add) {
  Vector sum[kHeight][2] = {};
  for (long d = 0; d < depth; ++d) {
    const float* right = b + d * step;
    const Vector first = _mm256_loadu_ps(right), second = _mm256_loadu_ps(right + kVector);
    Unroll<kHeight>([&](auto i) {
      const Vector left = _mm256_set1_ps(a.data[i * a.outer + d * a.step]);
      sum[i][0] += left * first;
      sum[i][1] += left * second;
    });
  }
  Unroll<2 * kHeight>([&](auto i) {
    float* to = c + i / 2 * row + i % 2 * kVector;
    const Vector value = sum[i / 2][i % 2];
    _mm256_storeu_ps(to, add ? _mm256_loadu_ps(to) + value : value);
  });
}

/** c = a b or c += a b, in whole panels of columns. */
void Multiply(long rows, long columns, long depth, Operand a, Operand b, float* c, long row,
              bool add) {
  constexpr decltype(&Kernel<1>) kKernels[] = {Kernel<1>, Kernel<2>, Kernel<3>,
                                               Kernel<4>, Kernel<5>, Kernel<6>};
  for (long d = 0; d < depth; d += kDepth) {
    for (long j = 0; j < columns; j += kPanel) {
      const float* panel = b.data + j / kPanel * b.outer + d * b.step;
      for (long i = 0; i < rows; i += kRows) {
        const Operand left = {a.data + i * a.outer + d * a.step, a.outer, a.step};
        kKernels[std::min(kRows, rows - i) - 1](std::min(kDepth, depth - d), left, panel, b.step,
                                                c + i * row + j, row, add || d > 0);
      }
    }
  }
}

// ---- The convolution

struct Shape {
  long batch, height, width, inputs, outputs, stride;
};

/** Pictures whose tile (i, j) begins at pixel stride * (m i - before), stride * (m j - before). */
struct Grid {
  long height, width, channels, stride, before;

  long phases() const { return stride * stride; }
  long picture() const { return height * width * channels; }
};

/** A matrix for each frequency. What is used together is kept in different sets of the caches. */
struct Planes {
  long row, plane;
  float* data = nullptr;

  Planes(long rows, long columns, long padding)
      : row(columns + padding), plane(rows * row + kPanel) {}

  float* at(long frequency, long index = 0) const { return data + frequency * plane + index * row; }
  auto reader(long index, long column) const {
    return [from = at(0, index) + column, plane = plane](long frequency) {
      return _mm256_loadu_ps(from + frequency * plane);
    };
  }
  auto writer(long index, long column) const {
    return [to = at(0, index) + column, plane = plane](long frequency, Vector value) {
      _mm256_storeu_ps(to + frequency * plane, value);
    };
  }
};

long Ceiling(long value, long of) { return (value + of - 1) / of; }

/** Memory of so many floats, kept for the next call. */
float* Workspace(long floats) {
  static void* memory = nullptr;
  static long size = 0;
  const long bytes = Ceiling(floats * long{sizeof(float)}, kHugePage) * kHugePage;
  if (bytes > size) {
    std::free(memory);
    memory = std::aligned_alloc(kHugePage, bytes);
    if (memory == nullptr) std::abort();
    madvise(memory, bytes, MADV_HUGEPAGE);
    size = bytes;
  }
  return static_cast<float*>(memory);
}

template <int kM, int kStride>
class Convolution {
  static constexpr int kTaps = kStride == 1 ? 3 : 2, kN = kM + kTaps - 1;
  static constexpr long kPhases = kStride * kStride, kFrequencies = kN * kN;

  struct Inputs {
    static constexpr auto kMatrix = Products<kN>();
  };
  struct Filter {
    static constexpr auto kMatrix = Powers<kN, kTaps>(true);
  };
  struct Outputs {
    static constexpr auto kMatrix = Powers<kN, kM>(false);
  };

 public:
  Convolution(const Shape& shape, bool backward, int threads)
      : batch_(shape.batch),
        threads_(threads),
        x_{shape.height, shape.width, shape.inputs, kStride, 1},
        y_{Ceiling(shape.height, kStride), Ceiling(shape.width, kStride), shape.outputs, 1, 0},
        across_(Ceiling(y_.width, kM)),
        tiles_(Ceiling(y_.height, kM) * across_),
        images_(BlockImages()),
        v_(images_ * tiles_, inputs(), kPanel),
        m_(images_ * tiles_, y_.channels, kPanel),
        depth_(backward ? y_.channels : inputs()),
        u_(depth_ * Ceiling(backward ? inputs() : y_.channels, kPanel), kPanel, 0),
        d_(backward ? y_.channels : 0, inputs(), kPanel),
        outside_(std::max(x_.channels, y_.channels)) {
    float* next = Workspace(kFrequencies * (v_.plane + m_.plane + u_.plane + d_.plane) +
                            (1 + threads) * outside_);
    for (Planes* each : {&v_, &m_, &u_, &d_}) {
      each->data = next;
      next += kFrequencies * each->plane;
    }
    nothing_ = next;
    std::fill_n(nothing_, outside_, 0.0f);
  }

  void Forward(const float* x, const float* w, float* y) {
#pragma omp parallel num_threads(threads_)
    {
      PackFilters<false>(w);
      for (long first = 0; first < batch_; first += images_) {
        const long images = std::min(images_, batch_ - first), tiles = images * tiles_;
        ToFrequencies<Inputs>(x + first * x_.picture(), images, x_, v_);
        ForEachProduct(y_.channels, [&](long f, long column, long columns) {
          Multiply(tiles, columns, inputs(), {v_.at(f), v_.row, 1}, Packed(f, column),
                   m_.at(f) + column, m_.row, false);
        });
        FromFrequencies<Outputs>(y + first * y_.picture(), images, y_, m_);
      }
    }
  }

  void Backward(const float* x, const float* w, const float* dy, float* dx, float* dw) {
#pragma omp parallel num_threads(threads_)
    {
      PackFilters<true>(w);
      for (long first = 0; first < batch_; first += images_) {
        const long images = std::min(images_, batch_ - first), tiles = images * tiles_;
        ToFrequencies<Inputs>(x + first * x_.picture(), images, x_, v_);
        ToFrequencies<Outputs>(dy + first * y_.picture(), images, y_, m_);
        ForEachProduct(inputs(), [&](long f, long column, long columns) {
          float *v = v_.at(f) + column, *m = m_.at(f), *d = d_.at(f) + column;
          Multiply(y_.channels, columns, tiles, {m, 1, m_.row}, {v, kPanel, v_.row}, d, d_.row,
                   first > 0);
          // In place: these columns of V have done their work.
          Multiply(tiles, columns, y_.channels, {m, m_.row, 1}, Packed(f, column), v, v_.row,
                   false);
        });
        FromFrequencies<Inputs>(dx + first * x_.picture(), images, x_, v_);
      }
      FilterGradients(dw);
    }
  }

 private:
  long inputs() const { return kPhases * x_.channels; }
  Operand Packed(long frequency, long column) const {
    return {u_.at(frequency, column / kPanel * depth_), depth_ * kPanel, kPanel};
  }

  /** Pictures of a block. Every block reads U, so it is to be less than half of what is read. */
  long BlockImages() const {
    const long weights = kFrequencies * inputs() * y_.channels;
    const long image = kFrequencies * tiles_ * (inputs() + y_.channels + 2 * kPanel);
    return Ceiling(batch_, Ceiling(batch_ * image, std::max(kBlock, 2 * weights)));
  }

  /** Which of the nine taps this one of a phase is, or -1. */
  static long Tap(long phase, long tap) {
    if (kStride == 1) return tap;
    const long row = tap / kTaps * 2 - 1 + phase / 2, column = tap % kTaps * 2 - 1 + phase % 2;
    return row < 0 || column < 0 ? -1 : row * 3 + column;
  }

  /** U (inputs x outputs) or U', in panels of 16 columns. */
  template <bool kTransposed>
  void PackFilters(const float* w) {
#pragma omp for collapse(2) schedule(dynamic, 4)
    for (long output = 0; output < y_.channels; output += kTransposed ? kVector : kPanel) {
      for (long input = 0; input < inputs(); input += kTransposed ? kPanel : kVector) {
        for (long half : {0L, kVector}) {
          PackSquare<kTransposed>(w, output + !kTransposed * half, input + kTransposed * half);
        }
      }
    }
  }

  template <bool kTransposed>
  void PackSquare(const float* w, long output, long input) {
    if (output >= y_.channels || input >= inputs()) return;
    float taps[kVector][kTaps * kTaps][kVector] = {};
    for (long place = 0; place < kTaps * kTaps; ++place) {
      const long tap = Tap(input / x_.channels, place);
      if (tap < 0) continue;
      const float* from = w + (output * 9 + tap) * x_.channels + input % x_.channels;
      for (long o = 0; o < kVector; ++o, from += 9 * x_.channels) {
        for (long i = 0; i < kVector; ++i) {
          taps[kTransposed ? o : i][place][kTransposed ? i : o] = from[i];
        }
      }
    }
    const long row = kTransposed ? output : input, column = kTransposed ? input : output;
    for (long r = 0; r < kVector; ++r) {
      Transform<Filter, false>([&](long place) { return _mm256_loadu_ps(taps[r][place]); },
                               u_.writer(column / kPanel * depth_ + row + r, column % kPanel));
    }
  }

  /** Where the pixels of a tile's phase are; `outside` for those that the picture has not. */
  template <int kSide, class Pointer>
  void Pixels(Pointer picture, const Grid& grid, long tile, long phase, Pointer outside,
              Pointer* pixels) const {
    const long top = grid.stride * (tile / across_ * kM - grid.before) + phase / grid.stride;
    const long left = grid.stride * (tile % across_ * kM - grid.before) + phase % grid.stride;
    for (long place = 0; place < kSide * kSide; ++place) {
      const long i = top + place / kSide * grid.stride, j = left + place % kSide * grid.stride;
      const bool inside = i >= 0 && i < grid.height && j >= 0 && j < grid.width;
      pixels[place] = inside ? picture + (i * grid.width + j) * grid.channels : outside;
    }
  }

  template <class P>
  void ToFrequencies(const float* pictures, long images, const Grid& grid, const Planes& planes) {
    constexpr int kSide = P::kMatrix.kLength;
#pragma omp for schedule(dynamic, 8)
    for (long tile = 0; tile < images * tiles_; ++tile) {
      const float *picture = pictures + tile / tiles_ * grid.picture(), *pixels[kSide * kSide];
      for (long phase = 0; phase < grid.phases(); ++phase) {
        Pixels<kSide, const float*>(picture, grid, tile % tiles_, phase, nothing_, pixels);
        for (long channel = 0; channel < grid.channels; channel += kVector) {
          Transform<P, false>([&](long place) { return _mm256_loadu_ps(pixels[place] + channel); },
                              planes.writer(tile, phase * grid.channels + channel));
        }
      }
    }
  }

  /** The inputs of tiles overlap: gradients are added up, those of one picture by one thread. */
  template <class P>
  void FromFrequencies(float* pictures, long images, const Grid& grid, const Planes& planes) {
    constexpr int kSide = P::kMatrix.kLength;
    float* trash = nothing_ + (1 + omp_get_thread_num()) * outside_;
#pragma omp for schedule(dynamic)
    for (long image = 0; image < images; ++image) {
      float *picture = pictures + image * grid.picture(), *pixels[kSide * kSide];
      if (kSide > kM) std::fill_n(picture, grid.picture(), 0.0f);
      for (long unit = 0; unit < tiles_ * grid.phases(); ++unit) {
        const long tile = unit / grid.phases(), phase = unit % grid.phases();
        Pixels<kSide>(picture, grid, tile, phase, trash, pixels);
        for (long channel = 0; channel < grid.channels; channel += kVector) {
          const auto store = [&](long place, Vector value) {
            float* to = pixels[place] + channel;
            _mm256_storeu_ps(to, kSide > kM ? _mm256_loadu_ps(to) + value : value);
          };
          Transform<P, true>(planes.reader(image * tiles_ + tile, phase * grid.channels + channel),
                             store);
        }
      }
    }
  }

  /** product(frequency, column, columns) for all of them, with half of the columns each. */
  template <class Product>
  void ForEachProduct(long columns, Product product) {
    const long half = Ceiling(columns, 2 * kPanel) * kPanel;
#pragma omp for schedule(dynamic)
    for (long unit = 0; unit < 2 * kFrequencies; ++unit) {
      const long column = unit % 2 * half;
      product(unit / 2, column, std::min(half, columns - column));
    }
  }

  void FilterGradients(float* dw) {
#pragma omp for schedule(dynamic)
    for (long output = 0; output < y_.channels; ++output) {
      for (long input = 0; input < inputs(); input += kVector) {
        float* filter = dw + output * 9 * x_.channels + input % x_.channels;
        Transform<Filter, true>(d_.reader(output, input), [&](long place, Vector value) {
          const long tap = Tap(input / x_.channels, place);
          if (tap >= 0) _mm256_storeu_ps(filter + tap * x_.channels, value);
        });
      }
    }
  }

  const long batch_;
  const int threads_;
  const Grid x_, y_;
  const long across_, tiles_, images_;  // a picture's tiles, a block's pictures
  Planes v_, m_;
  const long depth_;  // of U as a right operand
  Planes u_, d_;
  const long outside_;
  float* nothing_;  // is read where there are no pixels; what is written there follows, by thread
};

/** The tile with the fewest multiplications; of two with as many the smaller, it rounds less. */
int BestTile(const Shape& shape) {
  const long taps = shape.stride == 1 ? 3 : 2;
  const auto cost = [&](long m) {
    const long n = m + taps - 1, step = shape.stride * m;
    return Ceiling(shape.height, step) * Ceiling(shape.width, step) * n * n;
  };
  int best = 2;
  for (int m : {3, 4, 6}) best = cost(m) < cost(best) ? m : best;
  return best;
}

template <class Body>
void WithConvolution(const Shape& shape, bool backward, int threads, Body body) {
  static std::mutex one_at_a_time;  // there is one workspace
  const std::lock_guard lock(one_at_a_time);
  const auto with = [&]<int kM>() {
    if (shape.stride == 1) body(Convolution<kM, 1>(shape, backward, threads));
    if (shape.stride == 2) body(Convolution<kM, 2>(shape, backward, threads));
  };
  const int m = BestTile(shape);
  if (m == 2) with.template operator()<2>();
  if (m == 3) with.template operator()<3>();
  if (m == 4) with.template operator()<4>();
  if (m == 6) with.template operator()<6>();
}

}  // namespace

extern "C" {

int winograd_supported() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

void winograd_forward(const Shape* shape, int threads, const float* x, const float* w, float* y) {
  WithConvolution(*shape, false, threads,
                  [&](auto&& convolution) { convolution.Forward(x, w, y); });
}

void winograd_backward(const Shape* shape, int threads, const float* x, const float* w,
                       const float* dy, float* dx, float* dw) {
  WithConvolution(*shape, true, threads,
                  [&](auto&& convolution) { convolution.Backward(x, w, dy, dx, dw); });
}
}
