#include "answer.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>

namespace paynamed::cloudflare {
namespace json = boost::json;

namespace {

constexpr std::size_t kMostErrors = 20;
constexpr std::size_t kMostText = 300;

// A stranger's words, short and on one line.
std::string sentence_of(const json::object& object) {
  auto text = text_in(object, "message");
  if (text.size() > kMostText) {
    auto end = kMostText;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // between characters
    text.resize(end);
  }
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return text;
}

void add_errors(const json::value* list, int depth, std::vector<ApiError>& to) {
  if (list == nullptr || !list->is_array() || depth > 3) return;
  for (const auto& each : list->get_array()) {
    const auto* error = each.if_object();
    if (error == nullptr || to.size() >= kMostErrors) continue;
    to.push_back({integer_in(*error, "code").value_or(0), sentence_of(*error)});
    add_errors(error->if_contains("error_chain"), depth + 1, to);
  }
}

}  // namespace

bool Answer::has_error(std::int64_t code) const {
  return std::any_of(errors.begin(), errors.end(), [&](const ApiError& error) { return error.code == code; });
}

std::optional<Answer> answer_of(std::uint32_t status, std::string_view body) {
  json::error_code wrong;
  auto parsed = json::parse(body, wrong);
  if (wrong || !parsed.is_object()) return std::nullopt;
  auto& object = parsed.get_object();
  const auto* success = object.if_contains("success");
  if (success == nullptr || !success->is_bool()) return std::nullopt;
  Answer answer;
  answer.status = status;
  answer.success = success->get_bool() && status >= 200 && status < 300;
  add_errors(object.if_contains("errors"), 0, answer.errors);
  if (const auto* info = object.if_contains("result_info"); info != nullptr && info->is_object()) {
    answer.total_count = integer_in(info->get_object(), "total_count");
  }
  if (auto* result = object.if_contains("result")) answer.result = std::move(*result);
  return answer;
}

std::string text_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string());
}

std::optional<std::int64_t> integer_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  return std::nullopt;
}

}  // namespace paynamed::cloudflare
