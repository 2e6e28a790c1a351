// Log: lines for people or for programs, each a sentence with fields.
//
//     const observe::Log log = root.area("host").with({{"instance", id}});
//     log.info("a call took long", {{"method", method}, {"ms", took.count()}});
//
// Threads: a cheap handle to copy; every function may be called from any thread. Lines of one thread keep
// their order.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/status.hpp"
#include "observe/redaction.hpp"

namespace paynamed::observe {

enum class Level { kTrace, kDebug, kInfo, kWarning, kError, kOff };

// "trace", "debug", "info", "warning", "error", "off".
std::string_view to_string(Level level);
std::optional<Level> level_from_string(std::string_view text);

// A named value beside the sentence.
class Field {
 public:
  Field(std::string_view key, std::string value) : key_(key), value_(std::move(value)) {}
  Field(std::string_view key, std::string_view value) : key_(key), value_(std::string(value)) {}
  Field(std::string_view key, const char* value) : key_(key), value_(std::string(value)) {}
  Field(std::string_view key, bool value) : key_(key), value_(value) {}
  Field(std::string_view key, double value) : key_(key), value_(value) {}
  template <std::signed_integral T>
  Field(std::string_view key, T value) : key_(key), value_(static_cast<std::int64_t>(value)) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) Field(std::string_view key, T value)
      : key_(key), value_(static_cast<std::uint64_t>(value)) {}
  // Code, sentence and detail.
  Field(std::string_view key, const base::Status& status) : key_(key), value_(status.to_string()) {}

  const std::string& key() const { return key_; }
  using Value = std::variant<std::string, bool, double, std::int64_t, std::uint64_t>;
  const Value& value() const { return value_; }

 private:
  std::string key_;
  Value value_;
};

class Log {
 public:
  enum class Format {
    kText,  // 2026-11-23T14:51:58.004Z info host: a call took long method=Publish ms=1200
    kJson,  // one object a line: time, level, area, message and the fields
  };
  struct Settings {
    Level level = Level::kInfo;
    Format format = Format::kText;
  };
  // Takes finished lines without a line end. Called by one thread at a time; must not throw or log.
  using Sink = std::function<void(std::string_view line)>;

  // Writes to `sink`; without one to standard error. `clock` outlives the log and all its copies.
  Log(Settings settings, const base::Clock& clock, Sink sink = nullptr);
  // A log that writes nothing; for tests that do not look.
  static Log none();

  // The same log for one part of the daemon, named in every line.
  Log area(std::string_view area) const;
  // The same log with these fields in every line.
  Log with(std::initializer_list<Field> fields) const;

  void trace(std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(Level::kTrace, message, fields);
  }
  void debug(std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(Level::kDebug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(Level::kInfo, message, fields);
  }
  void warning(std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(Level::kWarning, message, fields);
  }
  void error(std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(Level::kError, message, fields);
  }
  // Control characters and bytes that are not UTF-8 are escaped, registered secrets hidden, long lines cut.
  void write(Level level, std::string_view message, std::initializer_list<Field> fields = {}) const;

  bool enabled(Level level) const;
  void set_level(Level level) const;

  // The secrets that this log and its copies hide.
  Redaction& redaction() const;

 private:
  class Core;
  explicit Log(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  std::shared_ptr<Core> core_;
  std::string area_;
  std::vector<Field> bound_;
};

}  // namespace paynamed::observe
