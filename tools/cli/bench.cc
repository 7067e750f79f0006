// resnet bench: how fast is a model here, and which layers take the time?
//
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "base/json_writer.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "engine/network.h"

namespace resnet::cli {
namespace {

struct Options {
  std::string model;
  int threads = 1, batch = 1, runs = 20;
  bool profile = false;
  JsonTarget json;
};

double NowMs() {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Measured {
  double load_ms, first_ms;
  std::vector<double> runs_ms;  // sorted

  double median() const { return runs_ms[runs_ms.size() / 2]; }
};

Result<Measured> Measure(const Options& options, std::unique_ptr<Network>& network) {
  const double start = NowMs();
  RESNET_ASSIGN_OR_RETURN(Model model, LoadModel(options.model));
  RESNET_ASSIGN_OR_RETURN(network, Network::Create(std::move(model), {.max_batch = options.batch,
                                                                      .threads = options.threads,
                                                                      .profile = options.profile}));
  Measured measured{NowMs() - start, 0, {}};
  const auto side = static_cast<size_t>(network->input_size());
  const std::vector<uint8_t> grey(static_cast<size_t>(options.batch) * side * side * kChannels,
                                  128);
  for (int i = 0; i <= options.runs; ++i) {
    const double begin = NowMs();
    RESNET_RETURN_IF_ERROR(network->Run(grey, options.batch, Interrupted));
    if (i == 0) {
      measured.first_ms = NowMs() - begin;
      network->ResetProfile();
    } else {
      measured.runs_ms.push_back(NowMs() - begin);
    }
  }
  std::sort(measured.runs_ms.begin(), measured.runs_ms.end());
  return measured;
}

std::string AsJson(const Measured& measured, const Network& network, const Options& options) {
  JsonWriter json(2);
  json.BeginObject().Key("threads").Value(options.threads).Key("batch").Value(options.batch);
  json.Key("load_ms").Value(measured.load_ms).Key("first_ms").Value(measured.first_ms);
  json.Key("median_ms").Value(measured.median()).Key("min_ms").Value(measured.runs_ms.front());
  if (options.profile) {
    json.Key("layers").BeginArray();
    for (const LayerProfile& layer : network.profile()) {
      json.BeginObject()
          .Key("name")
          .Value(layer.name)
          .Key("kind")
          .Value(layer.kind)
          .Key("macs")
          .Value(layer.macs);
      json.Key("ms").Value(layer.milliseconds / static_cast<double>(layer.runs)).EndObject();
    }
    json.EndArray();
  }
  return json.EndObject().text();
}

std::string AsText(const Measured& measured, const Network& network, const Options& options) {
  char line[200];
  std::snprintf(line, sizeof(line),
                "load %.0f ms, first run %.1f ms, then median %.1f ms, minimum %.1f ms (batch %d, "
                "threads %d, %d runs)\n",
                measured.load_ms, measured.first_ms, measured.median(), measured.runs_ms.front(),
                options.batch, options.threads, options.runs);
  std::string text = line;
  if (!options.profile) return text;
  double total = 0;
  for (const LayerProfile& layer : network.profile()) total += layer.milliseconds;
  text += "    ms       %   GMAC/s  layer\n";
  for (const LayerProfile& layer : network.profile()) {
    const double ms = layer.milliseconds / static_cast<double>(layer.runs);
    const double rate = static_cast<double>(layer.macs) * options.batch / ms * 1e-6;
    std::snprintf(line, sizeof(line), "%7.3f  %5.1f  %7.1f  %s (%s)\n", ms,
                  layer.milliseconds / total * 100, rate, layer.name.c_str(), layer.kind.c_str());
    text += line;
  }
  return text;
}

Status RunBench(const Options& options) {
  std::unique_ptr<Network> network;
  RESNET_ASSIGN_OR_RETURN(const Measured measured, Measure(options, network));
  if (options.json.wanted())
    RESNET_RETURN_IF_ERROR(options.json.Write(AsJson(measured, *network, options)));
  return options.json.to_stdout() ? Status() : Print(AsText(measured, *network, options));
}

}  // namespace

void AddBench(CLI::App& program, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *program.add_subcommand("bench", "Measure speed, layer by layer if wanted");
  command.add_option("MODEL", options->model, "Model file, as `resnet convert` writes it")
      ->required();
  command.add_option("--threads", options->threads, "Threads of the network")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  command.add_option("--batch", options->batch, "Pictures per run")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  command.add_option("--runs", options->runs, "Runs after the first")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  command.add_flag("--profile", options->profile, "Time of every layer");
  options->json.AddOption(command);
  command.footer("Example:\n  resnet bench model.safetensors --threads 2 --profile");
  command.callback([options, &chosen] { chosen = [options] { return RunBench(*options); }; });
}

}  // namespace resnet::cli
