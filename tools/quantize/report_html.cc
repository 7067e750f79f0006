// See report_html.h.
//
// SPDX-License-Identifier: MIT
#include "quantize/report_html.h"

#include <algorithm>
#include <cmath>

#include "base/markup.h"
#include "base/strings.h"
#include "quantize/column_chart.h"
#include "quantize/report_charts.h"

namespace resnet {
namespace {

// The page's colours, and those of the charts; every text has a contrast of 4.5 and more.
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ground:#f3f6f5;--card:#fff;--sunken:#eef2f1;--line:#d5dedb;
--text:#14201e;--quiet:#546260;--accent:#0b6e69;--own:#b4560b;--weight:#6a4fc0;--seen:#778784;
--bad:#a4262c}
@media(prefers-color-scheme:dark){:root{--ground:#0e1413;--card:#172120;--sunken:#1d2928;
--line:#2c3a38;--text:#e6eeec;--quiet:#9dadaa;--accent:#5fd0c5;--own:#f0a35e;--weight:#b7a4f7;
--seen:#6f7f7c;--bad:#ff9d96}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,sans-serif;
-webkit-text-size-adjust:100%}
main{max-width:68rem;margin:0 auto;padding:clamp(1rem,3vw,2.5rem) clamp(.75rem,3vw,2rem);
display:grid;gap:1.25rem;grid-template-columns:minmax(0,1fr)}
h1,h2,p,dl,dd{margin:0}h1{font-size:clamp(1.4rem,1.2rem + 1.6vw,2rem);line-height:1.2;
overflow-wrap:anywhere}
h2{font-size:1.1rem}header p,.quiet{color:var(--quiet)}.quiet{font-size:.875rem}
header p{margin-top:.4rem;overflow-wrap:anywhere}
section{background:var(--card);border:1px solid var(--line);border-radius:14px;
padding:clamp(.875rem,2.5vw,1.5rem)}
section>p{margin-top:.4rem;max-width:46rem}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.25rem,1fr));gap:1.1rem 1.25rem}
dt{color:var(--quiet);font-size:.875rem}dd b{display:block;font-size:clamp(1.3rem,1.1rem + 1vw,1.6rem);
line-height:1.25;white-space:nowrap}
dd{font-size:.875rem;color:var(--quiet)}dd b{color:var(--text)}
.key{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin-top:.75rem;font-size:.875rem}
.key svg{width:1.25rem;height:.875rem;margin-right:.4rem;vertical-align:-.1em;overflow:visible}
.scroll{overflow-x:auto;margin-top:.75rem}
.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .6rem;text-align:right;border-bottom:1px solid var(--line);
white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
tbody th{font-weight:400}thead th{color:var(--quiet);font-weight:600;vertical-align:bottom}
td.l,th.l{text-align:left}tr.base{font-weight:600}tr.base th{font-weight:600}
code{font:.8125rem/1.4 ui-monospace,monospace;white-space:normal;overflow-wrap:break-word}
tr.under th{padding-left:1.4em;white-space:normal;min-width:min(12rem,38vw)}
tr.group th{border:0;padding:.7rem 0 .1rem;text-align:left;font-weight:600}
.bar{display:inline-block;width:5rem;height:.6rem;margin-left:.5rem;background:var(--sunken)}
.bar i{display:block;height:100%;background:var(--accent)}
.n{display:inline-block;min-width:1.4em;color:var(--bad);font-weight:700}
details{margin-top:.75rem}summary{cursor:pointer;font-weight:600}
)";

constexpr double kWorthwhile = 0.2;  // of the divergence; the best of ten looks good by chance

std::string Milliseconds(double ms) { return FixedNumber(ms, ms < 100 ? 1 : 0) + " ms"; }
std::string Divergence(double nats) { return FixedNumber(nats, 4); }

/// "31.2", or where nothing was lost, "exact".
std::string Decibels(const Noise& noise) {
  const double decibels = noise.decibels();
  return std::isfinite(decibels) ? FixedNumber(decibels, 1) : "exact";
}

/// Millions, as few digits as tell something.
std::string Millions(uint64_t count) {
  return FixedNumber(static_cast<double>(count) / 1e6, count < 10'000'000 ? 2 : 0) + " M";
}

std::string Cell(std::string_view text, std::string_view style = "") {
  return StrCat("<td", style.empty() ? "" : " class=\"", style, style.empty() ? "" : "\"", ">",
                EscapeMarkup(text), "</td>");
}

/// An option as one would type it; it may break after a comma.
std::string Code(std::string_view option) {
  std::string markup;
  for (const char c : EscapeMarkup(option)) {
    markup.push_back(c);
    if (c == ',') markup += "<wbr>";
  }
  return StrCat("<code>", markup, "</code>");
}

std::string RowHead(std::string_view markup) {
  return StrCat("<th scope=\"row\">", markup, "</th>");
}

/// Scrolls by itself where it is wider than the page, also with the keyboard.
std::string Table(std::string_view label, const std::vector<std::string>& head,
                  std::string_view rows) {
  std::string cells;
  for (const std::string& name : head) {
    const bool left = name.starts_with('<');
    cells += StrCat("<th scope=\"col\"", left ? " class=\"l\">" : ">",
                    EscapeMarkup(left ? name.substr(1) : name), "</th>");
  }
  return StrCat("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"",
                EscapeMarkup(label), "\"><table><thead><tr>", cells, "</tr></thead><tbody>\n", rows,
                "</tbody></table></div>\n");
}

std::string Tile(std::string_view name, std::string_view value, std::string_view more) {
  return StrCat("<div><dt>", name, "</dt><dd><b>", EscapeMarkup(value), "</b>", EscapeMarkup(more),
                "</dd></div>\n");
}

std::string Header(const QuantizationReport& report) {
  const std::string name =
      report.name.empty() ? ArchitectureName(report.network.depth) : report.name;
  std::string options = StrCat(report.options.activation_bits, "-bit activations, ranges by ",
                               RangeMethodName(report.options.range_method()));
  if (!report.options.keep_float.empty() || !report.options.keep_8_bit.empty())
    options += ", some layers kept";
  return StrCat("<header><h1>", EscapeMarkup(name), " in 8 bits</h1><p>",
                EscapeMarkup(report.input_file), " → ", EscapeMarkup(report.output_file), "</p><p>",
                ArchitectureName(report.network.depth), ", ", options, "; ", report.calibrated,
                " pictures of ", EscapeMarkup(report.folder), " for calibration, ",
                report.comparison.pictures(), " held out",
                report.unreadable > 0 ? StrCat(", ", report.unreadable, " unreadable") : "",
                "</p></header>\n");
}

std::string Summary(const QuantizationReport& report) {
  const Comparison& found = report.comparison;
  const Interval interval = ConfidenceInterval(found.agreement(), found.pictures());
  const uint64_t exact_bytes = report.FileBytes(report.exact);
  const double times = static_cast<double>(exact_bytes) /
                       static_cast<double>(std::max<uint64_t>(report.output_bytes, 1));
  return StrCat(
      "<section><dl>\n",
      Tile("File", ByteCount(report.output_bytes),
           StrCat(FixedNumber(times, 1), " times smaller than ", ByteCount(exact_bytes))),
      Tile("Same label as f32", PercentText(found.agreement()),
           StrCat("of ", found.pictures(), " pictures; 95 % interval ",
                  FixedNumber(100 * interval.low, 0), " to ", PercentText(interval.high))),
      Tile("Same top 5", PercentText(found.top5_overlap()), "of the five best labels"),
      Tile("Mean KL divergence", Divergence(found.divergence()), "nats, from f32's answers"),
      Tile("Time for a picture", Milliseconds(report.converted.milliseconds),
           StrCat("f32: ", Milliseconds(report.exact.milliseconds), "; this machine, one thread")),
      "</dl></section>\n");
}

std::string Key(std::string_view shape, std::string_view text) {
  return StrCat("<span><svg viewBox=\"0 0 20 14\" aria-hidden=\"true\">", shape, "</svg>", text,
                "</span>\n");
}

std::string NoiseSection(const QuantizationReport& report) {
  return StrCat(
      "<section><h2>Signal to quantisation noise</h2><p class=\"quiet\">The line is measured: both "
      "networks run over ",
      report.traced,
      " held-out pictures, activation against activation. Rounding of an activation and of weights "
      "is what each would cost by itself. 6 dB are one bit. Rings: the layers that hurt most, "
      "below.</p><div class=\"key\">\n",
      Key("<g class=\"a\"><line x1=\"0\" x2=\"20\" y1=\"7\" y2=\"7\"/>"
          "<circle cx=\"10\" cy=\"7\" r=\"3\"/></g>",
          "accumulated"),
      Key("<circle class=\"o\" cx=\"10\" cy=\"7\" r=\"3.5\"/>", "an activation's own rounding"),
      Key("<path class=\"w\" d=\"M10 2.5L14.5 7 10 11.5 5.5 7z\"/>", "rounding of weights"),
      "</div>\n", NoiseChart(report), "</section>\n");
}

/// What helps most, in a sentence.
std::string Advice(const QuantizationReport& report) {
  const double now = report.converted.comparison.divergence();
  const Alternative* best = nullptr;
  for (const Alternative& alternative : report.alternatives) {
    if (alternative.layer.empty()) continue;
    if (best == nullptr ||
        alternative.measured.comparison.divergence() < best->measured.comparison.divergence())
      best = &alternative;
  }
  if (best == nullptr) return "";
  const double then = best->measured.comparison.divergence();
  if (then > now * (1 - kWorthwhile)) return "No layer alone takes much of the divergence away.";
  const uint64_t bytes = report.FileBytes(best->measured);
  const std::string size =
      bytes == report.output_bytes
          ? "a file as large as before"
          : StrCat("a file of ", ByteCount(bytes), " in place of ", ByteCount(report.output_bytes));
  return StrCat("Of single layers, ", Code(best->option), " helps most: mean KL ", Divergence(now),
                " → ", Divergence(then), ", ", size, ".");
}

/// `option`: markup.
std::string AlternativeRow(const QuantizationReport& report, std::string_view option,
                           const Measured& measured, std::string_view style) {
  double most = report.converted.comparison.divergence();
  for (const Alternative& alternative : report.alternatives)
    most = std::max(most, alternative.measured.comparison.divergence());
  const double divergence = measured.comparison.divergence();
  const double share = most > 0 ? 100 * divergence / most : 0;
  return StrCat("<tr class=\"", style, "\">", RowHead(option), "<td>", Divergence(divergence),
                "<span class=\"bar\"><i style=\"width:", ShortNumber(share, 1),
                "%\"></i></span></td>", Cell(Decibels(measured.logits)),
                Cell(PercentText(measured.comparison.agreement())),
                Cell(PercentText(measured.comparison.top5_overlap())),
                Cell(ByteCount(report.FileBytes(measured))),
                Cell(Milliseconds(measured.milliseconds)), "</tr>\n");
}

/// A line above the rows that are about the same layer.
std::string GroupRow(const QuantizationReport& report, const Alternative& alternative) {
  const auto rank = std::find(report.hurting.begin(), report.hurting.end(), alternative.layer);
  std::string name = "Together";
  if (rank != report.hurting.end()) {
    name = StrCat("<span class=\"n\">", rank - report.hurting.begin() + 1, "</span>",
                  EscapeMarkup(alternative.layer));
  }
  return StrCat("<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"7\">", name, "</th></tr>\n");
}

std::string AlternativeRows(const QuantizationReport& report) {
  std::string rows = AlternativeRow(report, "As converted", report.converted, "base");
  const std::string* layer = nullptr;
  for (const Alternative& alternative : report.alternatives) {
    if (layer == nullptr || *layer != alternative.layer) rows += GroupRow(report, alternative);
    layer = &alternative.layer;
    rows += AlternativeRow(report, Code(alternative.option), alternative.measured, "under");
  }
  return rows + AlternativeRow(report, "f32", report.exact, "base");
}

std::string AlternativesSection(const QuantizationReport& report) {
  return StrCat(
      "<section><h2>The layers that hurt most</h2><p class=\"quiet\">How much less noise the "
      "logits "
      "have when one layer is kept in f32 and what it reads in 8 bits, over ",
      report.screened,
      " held-out pictures. The zero line is the median of these models. Bars below it are mostly "
      "chance, "
      "as errors of different layers may cancel: a bar above it tells something where it is longer "
      "than those.</p>\n",
      ReliefChart(report), "<p>", Advice(report),
      "</p><p class=\"quiet\">Each row is another model, made with that option added and run over ",
      report.converted.comparison.pictures(),
      " held-out pictures; everything is compared with f32. With few pictures a small difference "
      "is chance, and divergence tells more than labels.</p>\n",
      Table("Alternatives",
            {"Option", "Mean KL", "Logits, dB", "Same label", "Same top 5", "File", "Time"},
            AlternativeRows(report)),
      "</section>\n");
}

std::string ActivationTable(const QuantizationReport& report) {
  std::string rows;
  for (const ActivationNoise& activation : report.activations) {
    const auto& quantization = activation.quantization;
    rows +=
        StrCat("<tr>", RowHead(EscapeMarkup(activation.name)),
               Cell(quantization ? StrCat(activation.bits()) : "f32"),
               Cell(StrCat(ShortNumber(activation.min, 3), " … ", ShortNumber(activation.max, 3))),
               Cell(quantization ? StrCat(ShortNumber(activation.clip_min(), 3), " … ",
                                          ShortNumber(activation.clip_max(), 3))
                                 : ""),
               Cell(quantization ? StrCat(quantization->scale) : ""),
               Cell(quantization ? StrCat(int{quantization->zero_point}) : ""),
               Cell(quantization ? Decibels(activation.rounding) : ""),
               Cell(activation.accumulated ? Decibels(*activation.accumulated) : "–"), "</tr>\n");
  }
  return Table(
      "Activations",
      {"Activation", "Bits", "Seen", "Kept", "Scale", "Zero point", "Own, dB", "Accumulated, dB"},
      rows);
}

std::string RangeSection(const QuantizationReport& report) {
  return StrCat(
      "<section><h2>Ranges of activations</h2><p class=\"quiet\">What lies outside the "
      "kept range is clipped to its edge; the wider the range, the coarser its "
      "steps.</p><div class=\"key\">\n",
      Key("<rect class=\"seen\" x=\"8\" y=\"0\" width=\"4\" height=\"14\"/>", "seen"),
      Key("<rect class=\"kept\" x=\"5\" y=\"0\" width=\"10\" height=\"14\"/>", "kept"), "</div>\n",
      RangeChart(report), "<details><summary>All activations</summary>\n", ActivationTable(report),
      "</details></section>\n");
}

std::string LayerSection(const QuantizationReport& report) {
  std::string rows;
  for (const LayerNoise& layer : report.layers) {
    rows += StrCat("<tr>", RowHead(EscapeMarkup(layer.name)), Cell(layer.kind, "l"),
                   Cell(layer.in_float ? "f32" : "i8"), Cell(Millions(layer.macs)),
                   Cell(Millions(layer.weights)),
                   Cell(layer.in_float ? "exact" : Decibels(layer.rounding)),
                   Cell(layer.in_float ? "" : PercentText(layer.relief)), "</tr>\n");
  }
  return StrCat(
      "<section><h2>Layers</h2><p class=\"quiet\">Multiply-accumulates for one picture, "
      "weights, and what rounding left of the weights. Relief is what the bars above show.</p>",
      "<details><summary>All layers</summary>\n",
      Table("Layers", {"Layer", "<Kind", "Type", "MACs", "Weights", "Weights' SQNR, dB", "Relief"},
            rows),
      "</details></section>\n");
}

}  // namespace

std::string ReportHtml(const QuantizationReport& report) {
  return StrCat(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
      EscapeMarkup(report.output_file), ": 8-bit report</title>\n<style>", kStyle, ChartStyle(),
      "</style></head><body><main>\n", Header(report), Summary(report), NoiseSection(report),
      AlternativesSection(report), RangeSection(report), LayerSection(report),
      "</main></body></html>\n");
}

}  // namespace resnet
