// See confusion_svg.h.
//
// A cell's colour tells which part of its row (of the true class's pictures) it holds, in six
// steps: blue on the diagonal, where most pictures are, red beside it, where one of a hundred
// counts.
//
// SPDX-License-Identifier: MIT
#include "cli/confusion_svg.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "base/markup.h"
#include "base/strings.h"
#include "cli/class_names.h"
#include "cli/confusion_matrix.h"

namespace resnet::cli {
namespace {

// The percentages up to which each of the colours goes.
constexpr uint64_t kRightSteps[] = {20, 40, 60, 75, 90, 100};
constexpr uint64_t kWrongSteps[] = {1, 3, 8, 20, 50, 100};
constexpr size_t kMaxFullClasses = 40;  // above, names and numbers no longer fit a screen
constexpr size_t kMaxDetailClasses = 24;
constexpr size_t kMaxNameCharacters = 26;
constexpr double kMargin = 28, kHeaderHeight = 84;
constexpr double kCharacterWidth = 6.7;  // of 12 pixels, in the widest usual system font
constexpr double kMapSide = 900;
constexpr double kMinMark = 2.2;     // pixels; smaller marks of the heat map would fade away
constexpr double kMinLinePitch = 8;  // pixels between two lines of the heat map
constexpr double kNamePitch = 12.5;  // pixels between two names along the heat map

constexpr const char* kStyle = R"(<style>
svg{--paper:#fff;--ink:#1c1c22;--muted:#686873;--empty:#f3f3f6;--rule:#dcdce3;--over:#fff;
--r1:#dbe7fb;--r2:#b5cdf6;--r3:#86abec;--r4:#5586dc;--r5:#2f63bf;--r6:#184694;
--w1:#ffdcd1;--w2:#ffbca7;--w3:#fb9377;--w4:#de5536;--w5:#cb3f25;--w6:#9d2411;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:12px}
@media(prefers-color-scheme:dark){
svg{--paper:#16161a;--ink:#ececf1;--muted:#9c9ca8;--empty:#202027;--rule:#34343d;--over:#0e0e12;
--r1:#1f2f4e;--r2:#274575;--r3:#3360a5;--r4:#4b82d2;--r5:#7aa8ea;--r6:#b1cffa;
--w1:#4a241b;--w2:#6e2f20;--w3:#9b3f28;--w4:#cd5b3c;--w5:#f08766;--w6:#ffbca4}}
text{fill:var(--ink)}.m{fill:var(--muted)}.h{font-size:19px;font-weight:600}
.s{font-size:14px;font-weight:600}.e{text-anchor:end}.c{text-anchor:middle}.o{fill:var(--over)}
.r1{fill:var(--r1)}.r2{fill:var(--r2)}.r3{fill:var(--r3)}.r4{fill:var(--r4)}.r5{fill:var(--r5)}
.r6{fill:var(--r6)}.w1{fill:var(--w1)}.w2{fill:var(--w2)}.w3{fill:var(--w3)}.w4{fill:var(--w4)}
.w5{fill:var(--w5)}.w6{fill:var(--w6)}.k{stroke:var(--rule);fill:none}
</style>
)";

std::string Text(double x, double y, std::string_view style, std::string_view text,
                 std::string_view more = "") {
  return StrCat("<text x=\"", ShortNumber(x), "\" y=\"", ShortNumber(y), "\" class=\"", style, "\"",
                more, ">", EscapeMarkup(text), "</text>\n");
}

std::string Rectangle(double x, double y, double width, double height, std::string_view more) {
  return StrCat("<rect x=\"", ShortNumber(x), "\" y=\"", ShortNumber(y), "\" width=\"",
                ShortNumber(width), "\" height=\"", ShortNumber(height), "\" ", more);
}

/// The colour of a cell with `count` of the `images` in its row; there is at least one.
std::string StyleOf(bool right, uint64_t count, uint64_t images) {
  const auto& steps = right ? kRightSteps : kWrongSteps;
  const auto step = std::find_if(std::begin(steps), std::end(steps) - 1,
                                 [&](uint64_t percent) { return 100 * count <= percent * images; });
  return StrCat(right ? "r" : "w", step - std::begin(steps) + 1);
}

/// Places a matrix on the page: where it stands and how large its cells are.
struct Grid {
  double x, y, cell;
  size_t count;

  double side() const { return cell * static_cast<double>(count); }
  double column(size_t i) const { return x + cell * static_cast<double>(i); }
  double row(size_t i) const { return y + cell * static_cast<double>(i); }
};

/// Draws the counts of some classes against each other, and keeps track of the page's size.
class Drawing {
 public:
  Drawing(const Evaluation& evaluation, std::span<const std::string> names)
      : evaluation_(evaluation), names_(names) {}

  void Header(std::string_view title, std::string_view subtitle) {
    Put(Text(kMargin, kMargin + 16, "h", title));
    Put(Text(kMargin, kMargin + 38, "m", subtitle, " font-size=\"13\""));
    Reach(kMargin + 11 * static_cast<double>(CharacterCount(title)), 0);
    Reach(kMargin + 8 * static_cast<double>(CharacterCount(subtitle)), 0);
    bottom_ = kHeaderHeight;
  }

  void Section(std::string_view heading) {
    Put(Text(kMargin, bottom_ + 30, "s", heading));
    bottom_ += 46;
  }

  void Matrix(const std::vector<int>& classes);
  void HeatMap(const std::vector<int>& classes);
  void Legend();

  std::string Finish(std::string_view title) const {
    const std::string width = ShortNumber(std::ceil(right_ + kMargin)),
                      height = ShortNumber(std::ceil(bottom_ + kMargin));
    return StrCat("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", width, " ", height,
                  "\" width=\"", width, "\" height=\"", height,
                  "\" role=\"img\" aria-label=\"Confusion matrix: ", EscapeMarkup(title),
                  "\">\n<title>", EscapeMarkup(title), "</title>\n", kStyle,
                  "<rect width=\"100%\" height=\"100%\" fill=\"var(--paper)\"/>\n", body_,
                  "</svg>\n");
  }

 private:
  void Put(std::string_view text) { body_ += text; }
  void Reach(double x, double y) {
    right_ = std::max(right_, x);
    bottom_ = std::max(bottom_, y);
  }

  std::string NameOf(int index) const {
    return Shortened(names_[static_cast<size_t>(index)], kMaxNameCharacters);
  }
  double WidestName(const std::vector<int>& classes) const {
    size_t most = 0;
    for (const int index : classes) most = std::max(most, CharacterCount(NameOf(index)));
    return kCharacterWidth * static_cast<double>(most);
  }
  uint64_t CountOf(int truth, int predicted) const {
    const auto cell = evaluation_.cells().find({truth, predicted});
    return cell == evaluation_.cells().end() ? 0 : cell->second;
  }
  void Lines(const Grid& grid);
  void MatrixNames(const std::vector<int>& classes, const Grid& grid);
  void MatrixCell(int truth, int predicted, const Grid& grid, size_t row, size_t column);
  void MapMarks(const std::vector<int>& classes, const Grid& grid);
  void MapNames(const std::vector<int>& classes, const Grid& grid);

  const Evaluation& evaluation_;
  std::span<const std::string> names_;
  std::string body_;
  double right_ = 0, bottom_ = 0;
};

void Drawing::Matrix(const std::vector<int>& classes) {
  const double cell = classes.size() <= 12 ? 46 : classes.size() <= 24 ? 32 : 24;
  const double widest = WidestName(classes);
  // The names of the columns lean by 45 degrees.
  const double above = widest * 0.71 + 34;
  const Grid grid{kMargin + std::max(widest, 70.0) + 12, bottom_ + above, cell, classes.size()};
  Put(Text(grid.x - 12, grid.y - 10, "m e", "true class ↓"));
  Put(Text(grid.x - 12, grid.y - 26, "m e", "answer →"));
  Put(Rectangle(grid.x, grid.y, grid.side(), grid.side(), "fill=\"var(--empty)\"/>\n"));
  for (size_t row = 0; row < classes.size(); ++row) {
    for (size_t column = 0; column < classes.size(); ++column)
      MatrixCell(classes[row], classes[column], grid, row, column);
  }
  Lines(grid);
  MatrixNames(classes, grid);
  Reach(grid.x + grid.side() + std::max(130.0, widest * 0.71 + 10), grid.y + grid.side());
}

void Drawing::Lines(const Grid& grid) {
  std::string lines;
  for (size_t i = 0; i <= grid.count; ++i) {
    lines += StrCat("M", ShortNumber(grid.x), " ", ShortNumber(grid.row(i)), "h",
                    ShortNumber(grid.side()), "M", ShortNumber(grid.column(i)), " ",
                    ShortNumber(grid.y), "v", ShortNumber(grid.side()));
  }
  Put(StrCat("<path class=\"k\" d=\"", lines, "\"/>\n"));
}

void Drawing::MatrixCell(int truth, int predicted, const Grid& grid, size_t row, size_t column) {
  const uint64_t count = CountOf(truth, predicted);
  if (count == 0) return;
  const ClassCounts& counts = evaluation_.of(truth);
  const std::string style = StyleOf(truth == predicted, count, counts.images),
                    number = StrCat(count);
  const double size =
      std::min(grid.cell * 0.36 + 1, grid.cell * 1.36 / static_cast<double>(number.size()));
  const std::string what =
      StrCat(names_[static_cast<size_t>(truth)], truth == predicted ? ", right: " : " taken for ",
             truth == predicted ? "" : names_[static_cast<size_t>(predicted)] + ": ", count, " of ",
             counts.images, " (", PercentText(Evaluation::Fraction(count, counts.images)), ")");
  Put(StrCat("<g><title>", EscapeMarkup(what), "</title>",
             Rectangle(grid.column(column), grid.row(row), grid.cell, grid.cell,
                       StrCat("class=\"", style, "\"/>")),
             Text(grid.column(column) + grid.cell / 2, grid.row(row) + grid.cell / 2 + size * 0.36,
                  style.back() >= '4' ? "c o" : "c", number,
                  StrCat(" style=\"font-size:", ShortNumber(size), "px\"")),
             "</g>\n"));
}

void Drawing::MatrixNames(const std::vector<int>& classes, const Grid& grid) {
  for (size_t i = 0; i < classes.size(); ++i) {
    const ClassCounts& counts = evaluation_.of(classes[i]);
    const double y = grid.row(i) + grid.cell / 2 + 4, x = grid.column(i) + grid.cell / 2;
    Put(Text(grid.x - 12, y, "e", NameOf(classes[i])));
    const std::string turned =
        StrCat(" transform=\"rotate(-45 ", ShortNumber(x), " ", ShortNumber(grid.y - 10), ")\"");
    Put(Text(x, grid.y - 10, "", NameOf(classes[i]), turned));
    const std::string right =
        counts.images == 0 ? "no pictures"
                           : StrCat(PercentText(Evaluation::Fraction(counts.top1, counts.images)),
                                    " of ", counts.images);
    Put(Text(grid.x + grid.side() + 12, y, "m", right));
  }
}

void Drawing::HeatMap(const std::vector<int>& classes) {
  const double names = WidestName(classes);
  const Grid grid{kMargin + names + 14, bottom_ + names + 30,
                  kMapSide / static_cast<double>(classes.size()), classes.size()};
  Put(Text(grid.x - 14, grid.y - 8, "m e", "true class ↓"));
  Put(Text(grid.x - 14, grid.y - 24, "m e", "answer →"));
  Put(Rectangle(grid.x, grid.y, kMapSide, kMapSide,
                "fill=\"var(--empty)\" stroke=\"var(--rule)\"/>\n"));
  MapMarks(classes, grid);
  if (grid.cell >= kMinLinePitch) Lines(grid);
  MapNames(classes, grid);
  Reach(grid.x + kMapSide, grid.y + kMapSide);
}

/// One path per colour: a thousand classes have ten thousand marks.
void Drawing::MapMarks(const std::vector<int>& classes, const Grid& grid) {
  std::vector<size_t> place(names_.size());
  for (size_t i = 0; i < classes.size(); ++i) place[static_cast<size_t>(classes[i])] = i;
  const double mark = std::max(grid.cell, kMinMark), shift = (grid.cell - mark) / 2;
  std::map<std::string, std::string> paths;
  for (const auto& [cell, count] : evaluation_.cells()) {
    const double x = grid.column(place[static_cast<size_t>(cell.second)]) + shift,
                 y = grid.row(place[static_cast<size_t>(cell.first)]) + shift;
    const uint64_t images = evaluation_.of(cell.first).images;
    paths[StyleOf(cell.first == cell.second, count, images)] +=
        StrCat("M", ShortNumber(x), " ", ShortNumber(y), "h", ShortNumber(mark), "v",
               ShortNumber(mark), "h", ShortNumber(-mark), "z");
  }
  // From "w6" to "r1": the diagonal lies above what is near it.
  for (auto it = paths.rbegin(); it != paths.rend(); ++it)
    Put(StrCat("<path class=\"", it->first, "\" d=\"", it->second, "\"/>\n"));
}

/// As many names as there is room for, at equal distances.
void Drawing::MapNames(const std::vector<int>& classes, const Grid& grid) {
  const auto stride = static_cast<size_t>(std::ceil(kNamePitch / grid.cell));
  std::string ticks;
  for (size_t i = 0; i < classes.size(); i += stride) {
    const double x = grid.column(i) + grid.cell / 2, y = grid.row(i) + grid.cell / 2;
    ticks += StrCat("M", ShortNumber(grid.x - 5), " ", ShortNumber(y), "h4M", ShortNumber(x), " ",
                    ShortNumber(grid.y - 5), "v4");
    Put(Text(grid.x - 9, y + 3.5, "e", NameOf(classes[i]), " style=\"font-size:10.5px\""));
    Put(Text(x, grid.y - 9, "", NameOf(classes[i]),
             StrCat(" style=\"font-size:10.5px\" transform=\"rotate(-90 ", ShortNumber(x), " ",
                    ShortNumber(grid.y - 9), ") translate(0 3.5)\"")));
  }
  Put(StrCat("<path class=\"k\" d=\"", ticks, "\"/>\n"));
}

void Drawing::Legend() {
  constexpr double kWidth = 34, kHeight = 14;
  const double y = bottom_ + 30;
  double x = kMargin;
  for (const bool right : {true, false}) {
    Put(Text(x, y + 11, "", right ? "right" : "wrong"));
    x += 46;
    int step = 0;
    for (const uint64_t percent : right ? kRightSteps : kWrongSteps) {
      Put(Rectangle(x, y, kWidth, kHeight,
                    StrCat("class=\"", right ? "r" : "w", ++step, "\"/>\n")));
      x += kWidth;
      Put(Text(x, y + kHeight + 14, "m e", StrCat(percent)));
    }
    x += 30;
  }
  const std::string_view note = "per cent of the true class's pictures, at most";
  Put(Text(kMargin + 46, y + kHeight + 34, "m", note));
  Reach(x - 30, y + kHeight + 38);
}

}  // namespace

std::string ConfusionSvg(const Evaluation& evaluation, std::span<const std::string> names,
                         std::string_view title, std::string_view subtitle) {
  Drawing drawing(evaluation, names);
  drawing.Header(title, subtitle);
  const std::vector<int> classes = OccurringClasses(evaluation);
  if (classes.empty()) return drawing.Finish(title);
  if (classes.size() <= kMaxFullClasses) {
    drawing.Matrix(classes);
    drawing.Legend();
    return drawing.Finish(title);
  }
  const std::vector<int> confused = MostConfusedClasses(evaluation, kMaxDetailClasses);
  drawing.Section(StrCat("The ", classes.size(), " classes that occur"));
  drawing.HeatMap(classes);
  drawing.Legend();
  if (!confused.empty()) {
    drawing.Section("The classes that are confused most, against each other");
    drawing.Matrix(confused);
  }
  return drawing.Finish(title);
}

}  // namespace resnet::cli
