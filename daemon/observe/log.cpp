#include "observe/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>
#include <cmath>
#include <mutex>

namespace paynamed::observe {
namespace {

constexpr std::array<std::string_view, 6> kLevelNames = {"trace", "debug", "info", "warning", "error", "off"};
constexpr std::size_t kLongestValue = 8'192;

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(Log::Sink given) : sink_(std::move(given)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    sink_(std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

 private:
  const Log::Sink sink_;
};

// How many bytes of `text` make one UTF-8 character (RFC 3629) at `at`; 0 if none.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF.
  if (lead == 0xE0 && byte(at + 1) < 0xA0) return 0;
  if (lead == 0xED && byte(at + 1) > 0x9F) return 0;
  if (lead == 0xF0 && byte(at + 1) < 0x90) return 0;
  if (lead == 0xF4 && byte(at + 1) > 0x8F) return 0;
  return length;
}

// Appends `text` so that it stays on its line and is valid UTF-8: for JSON strings, and for people, who get
// the same escapes.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
  const bool cut = text.size() > kLongestValue;
  if (cut) text = text.substr(0, kLongestValue);
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_length(text, at);
    const auto byte = static_cast<unsigned char>(text[at]);
    if (length == 0) {
      out += "\uFFFD";
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04x}", byte);
    } else if (length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(text[at + 1]));  // C1 controls
    } else if (quotes && (byte == '"' || byte == '\\')) {
      out += '\\';
      out += static_cast<char>(byte);
    } else {
      out.append(text.substr(at, length));
    }
    at += length == 0 ? 1 : length;
  }
  if (cut) out += "...";
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text, true);
  out += '"';
}

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \t\n\"=\\") != std::string_view::npos;
}

void append_value(std::string& out, const Field::Value& value, const Redaction& redaction, bool json) {
  std::visit(
      [&](const auto& typed) {
        using T = std::decay_t<decltype(typed)>;
        if constexpr (std::is_same_v<T, std::string>) {
          const auto shown = redaction.apply(typed);
          if (json || needs_quotes(shown)) {
            append_string(out, shown);
          } else {
            append_escaped(out, shown, false);
          }
        } else if constexpr (std::is_same_v<T, double>) {
          // JSON has no infinity.
          out += json && !std::isfinite(typed) ? "null" : fmt::format("{}", typed);
        } else {
          out += fmt::format("{}", typed);
        }
      },
      value);
}

}  // namespace

std::string_view to_string(Level level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

std::optional<Level> level_from_string(std::string_view text) {
  if (text == "warn") return Level::kWarning;  // the configuration's word
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == text) return static_cast<Level>(i);
  }
  return std::nullopt;
}

class Log::Core {
 public:
  Core(Settings settings, const base::Clock* given_clock, spdlog::sink_ptr sink)
      : format(settings.format),
        level(settings.level),
        clock(given_clock),
        logger("paynamed", std::move(sink)) {
    // Level and form are decided here; spdlog writes the finished line.
    logger.set_level(spdlog::level::trace);
    logger.set_pattern("%v");
    logger.flush_on(spdlog::level::trace);
  }

  const Format format;
  std::atomic<Level> level;
  const base::Clock* const clock;
  spdlog::logger logger;
  Redaction redaction;
};

Log::Log(Settings settings, const base::Clock& clock, Sink sink) {
  spdlog::sink_ptr target;
  if (sink) {
    target = std::make_shared<FunctionSink>(std::move(sink));
  } else {
    target = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  core_ = std::make_shared<Core>(settings, &clock, std::move(target));
}

Log Log::none() {
  return Log(std::make_shared<Core>(Settings{Level::kOff, Format::kText}, nullptr,
                                    std::make_shared<FunctionSink>([](std::string_view) {})));
}

Log Log::area(std::string_view area) const {
  Log log = *this;
  log.area_ = area;
  return log;
}

Log Log::with(std::initializer_list<Field> fields) const {
  Log log = *this;
  log.bound_.insert(log.bound_.end(), fields.begin(), fields.end());
  return log;
}

bool Log::enabled(Level level) const {
  return level != Level::kOff && level >= core_->level.load();
}

void Log::set_level(Level level) const {
  core_->level.store(level);
}

Redaction& Log::redaction() const {
  return core_->redaction;
}

void Log::write(Level level, std::string_view message, std::initializer_list<Field> fields) const {
  if (!enabled(level)) return;
  const bool json = core_->format == Format::kJson;
  const auto time = core_->clock == nullptr ? std::string() : base::to_rfc3339(core_->clock->wall());
  const auto shown = core_->redaction.apply(message);
  std::string line;
  if (json) {
    line = fmt::format(R"({{"time":"{}","level":"{}","area":)", time, to_string(level));
    append_string(line, area_);
    line += R"(,"message":)";
    append_string(line, shown);
  } else {
    line = fmt::format("{} {:7} {}: ", time, to_string(level), area_.empty() ? "paynamed" : area_);
    append_escaped(line, shown, false);
  }
  const auto append = [&](const Field& field) {
    if (json) {
      line += ',';
      append_string(line, field.key());
      line += ':';
    } else {
      line += ' ';
      line += field.key();
      line += '=';
    }
    append_value(line, field.value(), core_->redaction, json);
  };
  for (const auto& field : bound_) append(field);
  for (const auto& field : fields) append(field);
  if (json) line += '}';
  core_->logger.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace paynamed::observe
