#include "json_fields.hpp"

namespace paynamed::cln {
namespace json = boost::json;

namespace {

[[noreturn]] void throw_wrong(std::string_view key, const JsonCall& asked) {
  throw Error(lost_answer(asked), "The node's answer to " + asked.method + " has no usable \"" +
                                      std::string(key) +
                                      "\"; this version of Core Lightning may be too new or too old.");
}

}  // namespace

Fields::Fields(const json::value& value, const JsonCall& asked)
    : object_(object_of(value, asked)), asked_(asked) {}

const json::object& Fields::object_of(const json::value& value, const JsonCall& asked) {
  if (!value.is_object()) throw_wrong("result", asked);
  return value.get_object();
}

void Fields::wrong(std::string_view key) const {
  throw_wrong(key, asked_);
}

std::string Fields::text(std::string_view key) const {
  const auto* value = object_.if_contains(key);
  if (value == nullptr || !value->is_string()) wrong(key);
  return std::string(value->get_string());
}

std::uint64_t Fields::number(std::string_view key) const {
  const auto* value = object_.if_contains(key);
  if (value != nullptr && value->is_uint64()) return value->get_uint64();
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0) wrong(key);
  return static_cast<std::uint64_t>(value->get_int64());
}

bool Fields::boolean(std::string_view key) const {
  const auto* value = object_.if_contains(key);
  if (value == nullptr || !value->is_bool()) wrong(key);
  return value->get_bool();
}

std::string Fields::hex(std::string_view key, std::size_t bytes) const {
  auto value = text(key);
  if (value.size() != 2 * bytes || value.find_first_not_of("0123456789abcdef") != std::string::npos)
    wrong(key);
  return value;
}

const json::array& Fields::list(std::string_view key) const {
  const auto* value = object_.if_contains(key);
  if (value == nullptr || !value->is_array()) wrong(key);
  return value->get_array();
}

std::string Fields::text_or_empty(std::string_view key) const {
  return has(key) ? text(key) : std::string();
}

std::uint64_t Fields::number_or_zero(std::string_view key) const {
  return has(key) ? number(key) : 0;
}

}  // namespace paynamed::cln
