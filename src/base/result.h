// Result<T>: a value or an Error, for everything that can fail on bytes from outside.
//
// A caller's bug is an assert, never a Result.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_BASE_RESULT_H_
#define RESNET_BASE_RESULT_H_

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

#include "base/error.h"

namespace resnet {

/// Either a T or an Error. `value()` and the pointer operators may only be used when `ok()`.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return state_.index() == 0; }

  T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return !error_.has_value(); }
  const Error& error() const {
    assert(!ok());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace resnet

#define RESNET_CONCAT_INNER(a, b) a##b
#define RESNET_CONCAT(a, b) RESNET_CONCAT_INNER(a, b)

/// Returns the error of `expression` (a Status or Result) from the enclosing function, if it has
/// one.
#define RESNET_RETURN_IF_ERROR(expression) \
  RESNET_RETURN_IF_ERROR_IMPL(RESNET_CONCAT(status_at_line_, __LINE__), expression)
#define RESNET_RETURN_IF_ERROR_IMPL(temporary, expression) \
  do {                                                     \
    auto temporary = (expression);                         \
    if (!temporary.ok()) return temporary.error();         \
  } while (false)

/// Declares `declaration` from the value of `expression` (a Result), or returns its error.
#define RESNET_ASSIGN_OR_RETURN(declaration, expression) \
  RESNET_ASSIGN_OR_RETURN_IMPL(RESNET_CONCAT(result_at_line_, __LINE__), declaration, expression)
#define RESNET_ASSIGN_OR_RETURN_IMPL(temporary, declaration, expression) \
  auto temporary = (expression);                                         \
  if (!temporary.ok()) return temporary.error();                         \
  declaration = std::move(temporary).value()

#endif  // RESNET_BASE_RESULT_H_
