// See network.h.
//
// SPDX-License-Identifier: MIT
#include "engine/network.h"

#include <cassert>
#include <chrono>

#include "base/strings.h"
#include "engine/build_plan.h"
#include "engine/xnn_layers.h"

namespace resnet {
namespace {

struct DestroyThreads {
  void operator()(pthreadpool_t threads) const { pthreadpool_destroy(threads); }
};
using Threads = std::unique_ptr<pthreadpool, DestroyThreads>;

using Clock = std::chrono::steady_clock;

}  // namespace

struct Network::State {
  ModelInfo info;
  NetworkOptions options;
  std::vector<HeadWeights> head_weights;
  Plan plan;
  std::vector<Buffer<uint8_t>> slots;
  Threads threads;  // none: everything on the calling thread
  Tap tap;
  std::vector<LayerProfile> profile;

  // The run under way.
  Bytes pixels;
  int batch = 0;
  int shaped_for_batch = 0;
  size_t next_step = 0;

  const void* Read(int value) const {
    if (value == kPictureValue) return pixels.data();
    return slots[static_cast<size_t>(plan.values[static_cast<size_t>(value)].slot)].data();
  }

  size_t Count(int value) const {
    return plan.values[static_cast<size_t>(value)].shape.count() * static_cast<size_t>(batch);
  }

  std::span<const float> Floats(int value) const {
    return {static_cast<const float*>(Read(value)), Count(value)};
  }

  /// A copy of the activation's numbers, also where they are kept in bytes.
  std::vector<float> Numbers(int value) const {
    const auto& quantization = plan.values[static_cast<size_t>(value)].quantization;
    if (!quantization) return {Floats(value).begin(), Floats(value).end()};
    std::vector<float> numbers;
    numbers.reserve(Count(value));
    for (const int8_t byte : std::span(static_cast<const int8_t*>(Read(value)), Count(value)))
      numbers.push_back(quantization->number(byte));
    return numbers;
  }

  Status AllocateSlots() {
    for (const size_t bytes : AssignSlots(plan)) {
      RESNET_ASSIGN_OR_RETURN(
          auto slot, Buffer<uint8_t>::Allocate(bytes * static_cast<size_t>(options.max_batch)));
      slots.push_back(std::move(slot));
    }
    return {};
  }

  Status ShapeFor(int new_batch) {
    if (shaped_for_batch == new_batch) return {};
    shaped_for_batch = 0;  // stays so if a layer fails half-way
    for (const PlanStep& step : plan.steps) {
      if (auto status = step.layer->Reshape(new_batch, threads.get()); !status.ok())
        return status.error().In(step.name);
    }
    shaped_for_batch = new_batch;
    return {};
  }

  Status RunStep(const PlanStep& step) {
    Operands operands;
    for (size_t i = 0; i < step.inputs.size(); ++i) operands.inputs[i] = Read(step.inputs[i]);
    operands.output = const_cast<void*>(Read(step.output));  // slots are ours to write
    if (auto status = step.layer->Run(operands, threads.get()); !status.ok())
      return status.error().In(step.name);
    return {};
  }

  Status RunStepMeasured(size_t index) {
    if (!options.profile) return RunStep(plan.steps[index]);
    const auto start = Clock::now();
    RESNET_RETURN_IF_ERROR(RunStep(plan.steps[index]));
    profile[index].milliseconds +=
        std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    ++profile[index].runs;
    return {};
  }

  void ShowToTap(const PlanStep& step) const {
    const Value& value = plan.values[static_cast<size_t>(step.output)];
    const ActivationShape& shape = value.shape;
    const std::vector<float> numbers =
        value.quantization ? Numbers(step.output) : std::vector<float>();
    tap({step.name, step.stage, batch, shape.height, shape.width, shape.channels,
         value.quantization ? numbers : Floats(step.output)});
  }
};

Network::Network(std::unique_ptr<State> state) : state_(std::move(state)) {}
Network::~Network() = default;

Result<std::unique_ptr<Network>> Network::Create(Model model, const NetworkOptions& options) {
  if (options.max_batch < 1 || options.threads < 1) {
    return Error{ErrorCode::kBadArgument, "batch size and number of threads must be at least 1"};
  }
  RESNET_RETURN_IF_ERROR(InitializeXnnpack());
  auto state = std::make_unique<State>();
  state->options = options;
  if (options.threads > 1) {
    state->threads.reset(pthreadpool_create(static_cast<size_t>(options.threads)));
    if (!state->threads)
      return Error{ErrorCode::kOutOfMemory, StrCat("cannot start ", options.threads, " threads")};
  }
  RESNET_ASSIGN_OR_RETURN(BuiltNetwork built, BuildNetwork(model));
  state->plan = std::move(built.plan);
  state->head_weights = std::move(built.head_weights);
  RESNET_RETURN_IF_ERROR(state->AllocateSlots());
  state->info = std::move(model.info);
  for (const PlanStep& step : state->plan.steps)
    state->profile.push_back({step.name, step.kind, step.macs, 0.0, 0});
  RESNET_RETURN_IF_ERROR(state->ShapeFor(1));
  state->next_step = state->plan.steps.size();
  return std::unique_ptr<Network>(new Network(std::move(state)));
}

Result<std::unique_ptr<Network>> Network::CreateFromCopy(const Model& model,
                                                         const NetworkOptions& options) {
  RESNET_ASSIGN_OR_RETURN(Model copy, model.Clone());
  return Create(std::move(copy), options);
}

const ModelInfo& Network::info() const { return state_->info; }
int Network::input_size() const { return state_->info.recipe.crop; }

Status Network::Begin(Bytes pixels, int batch) {
  const auto side = static_cast<size_t>(input_size());
  if (batch < 1 || batch > state_->options.max_batch) {
    return Error{ErrorCode::kBadArgument, StrCat("batch of ", batch, ", from 1 to ",
                                                 state_->options.max_batch, " was expected")};
  }
  if (pixels.size() != static_cast<size_t>(batch) * side * side * kChannels) {
    return Error{ErrorCode::kBadArgument, StrCat(pixels.size(), " bytes of pixels for ", batch,
                                                 " pictures of ", side, "x", side)};
  }
  state_->next_step = state_->plan.steps.size();
  RESNET_RETURN_IF_ERROR(state_->ShapeFor(batch));
  state_->pixels = pixels;
  state_->batch = batch;
  state_->next_step = 0;
  return {};
}

Result<bool> Network::Step() {
  State& state = *state_;
  if (state.next_step >= state.plan.steps.size()) {
    return Error{ErrorCode::kBadArgument, "no run is under way"};
  }
  const size_t index = state.next_step;
  state.next_step = state.plan.steps.size();  // an error ends the run
  RESNET_RETURN_IF_ERROR(state.RunStepMeasured(index));
  state.next_step = index + 1;
  if (index == 0) state.pixels = {};  // the first layer was the only one to read them
  if (state.tap) state.ShowToTap(state.plan.steps[index]);
  return state.next_step < state.plan.steps.size();
}

Status Network::Run(Bytes pixels, int batch, const CancelCheck& cancelled) {
  RESNET_RETURN_IF_ERROR(Begin(pixels, batch));
  while (true) {
    if (cancelled && cancelled()) {
      state_->next_step = state_->plan.steps.size();
      return Error{ErrorCode::kCancelled, "the run was cancelled"};
    }
    RESNET_ASSIGN_OR_RETURN(const bool more, Step());
    if (!more) return {};
  }
}

double Network::progress() const {
  return static_cast<double>(state_->next_step) / static_cast<double>(state_->plan.steps.size());
}

std::span<const float> Network::logits() const { return state_->Floats(state_->plan.dense.back()); }
std::span<const float> Network::embedding() const { return state_->Floats(state_->plan.embedding); }
std::vector<float> Network::Features() const { return state_->Numbers(state_->plan.features); }

int Network::feature_size() const {
  return state_->plan.values[static_cast<size_t>(state_->plan.features)].shape.height;
}
int Network::embedding_size() const {
  return state_->plan.values[static_cast<size_t>(state_->plan.embedding)].shape.channels;
}

std::vector<float> Network::ClassWeights(int picture, int class_index) const {
  const State& state = *state_;
  assert(picture >= 0 && picture < state.batch && class_index >= 0 &&
         class_index < state.info.network.classes);
  std::vector<float> weights = state.head_weights.back().Row(static_cast<size_t>(class_index));
  for (size_t layer = state.head_weights.size() - 1; layer-- > 0;) {
    const HeadWeights& matrix = state.head_weights[layer];
    const auto hidden = state.Floats(state.plan.dense[layer])
                            .subspan(static_cast<size_t>(picture) * weights.size());
    std::vector<float> inner(static_cast<size_t>(matrix.weight.shape[1]), 0.0f);
    for (size_t unit = 0; unit < weights.size(); ++unit) {
      if (hidden[unit] <= 0) continue;  // ReLU let nothing through
      const std::vector<float> unit_weights = matrix.Row(unit);
      for (size_t i = 0; i < inner.size(); ++i) inner[i] += weights[unit] * unit_weights[i];
    }
    weights = std::move(inner);
  }
  return weights;
}

void Network::SetTap(Tap tap) { state_->tap = std::move(tap); }

std::vector<LayerProfile> Network::profile() const { return state_->profile; }

void Network::ResetProfile() {
  for (LayerProfile& layer : state_->profile) {
    layer.milliseconds = 0;
    layer.runs = 0;
  }
}

}  // namespace resnet
