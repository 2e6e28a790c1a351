#include "state/model.hpp"

#include <array>

namespace paynamed::state {
namespace {

// The words in the order of the enumeration.
constexpr std::array<std::string_view, 5> kVerbs{"register", "set_source", "rotate", "remove", "repair"};
constexpr std::array<std::string_view, 2> kSources{"node", "external"};
constexpr std::array<std::string_view, 5> kNameStates{"registering", "published", "live", "degraded",
                                                      "quarantined"};
constexpr std::array<std::string_view, 5> kRunStates{"running", "paused", "compensating", "completed",
                                                     "compensated"};
constexpr std::array<std::string_view, 3> kOfferStates{"active", "retired", "disabled"};

template <class Enum, std::size_t size>
std::string_view word_of(const std::array<std::string_view, size>& words, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < size ? words[index] : std::string_view{"unknown"};
}

template <class Enum, std::size_t size>
std::optional<Enum> find_word(const std::array<std::string_view, size>& words, std::string_view text) {
  for (std::size_t i = 0; i < size; ++i) {
    if (words[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Verb verb) {
  return word_of(kVerbs, verb);
}
std::string_view to_string(SourceKind kind) {
  return word_of(kSources, kind);
}
std::string_view to_string(NameState state) {
  return word_of(kNameStates, state);
}
std::string_view to_string(RunState state) {
  return word_of(kRunStates, state);
}
std::string_view to_string(OfferState state) {
  return word_of(kOfferStates, state);
}

std::optional<Verb> verb_from(std::string_view text) {
  return find_word<Verb>(kVerbs, text);
}
std::optional<SourceKind> source_kind_from(std::string_view text) {
  return find_word<SourceKind>(kSources, text);
}
std::optional<NameState> name_state_from(std::string_view text) {
  return find_word<NameState>(kNameStates, text);
}
std::optional<RunState> run_state_from(std::string_view text) {
  return find_word<RunState>(kRunStates, text);
}
std::optional<OfferState> offer_state_from(std::string_view text) {
  return find_word<OfferState>(kOfferStates, text);
}

}  // namespace paynamed::state
