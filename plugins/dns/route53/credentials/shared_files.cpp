#include "shared_files.hpp"

#include <algorithm>

namespace paynamed::route53 {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view next_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// What a profile may say that leads to credentials in ways that are not gone here.
constexpr std::pair<const char*, const char*> kOtherWays[] = {
    {"role_arn", "a role to assume"},
    {"credential_process", "a program to run"},
    {"sso_session", "a single sign-on"},
    {"sso_start_url", "a single sign-on"},
};

}  // namespace

std::optional<std::map<std::string, std::string>> section_of(std::string_view text,
                                                             std::string_view section) {
  std::optional<std::map<std::string, std::string>> found;
  bool inside = false;
  while (!text.empty()) {
    const auto raw = next_line(text);
    const auto line = trimmed(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const auto end = std::min(line.find(']'), line.size());
      inside = trimmed(line.substr(1, end - 1)) == section;
      if (inside && !found) found.emplace();
      continue;
    }
    // An indented line goes on with a value of several lines, of which none matters here.
    const auto equals = line.find('=');
    if (!inside || equals == line.npos || raw.front() == ' ' || raw.front() == '\t') continue;
    (*found)[std::string(trimmed(line.substr(0, equals)))] = std::string(trimmed(line.substr(equals + 1)));
  }
  return found;
}

std::string SharedFile::path() const {
  const bool credentials = kind_ == Kind::kCredentials;
  if (auto set = environment_(credentials ? "AWS_SHARED_CREDENTIALS_FILE" : "AWS_CONFIG_FILE"); !set.empty())
    return set;
  const std::string home = environment_("HOME");
  return home.empty() ? std::string() : home + (credentials ? "/.aws/credentials" : "/.aws/config");
}

std::string SharedFile::name() const {
  const std::string where = path();
  const std::string what =
      kind_ == Kind::kCredentials ? "the shared credentials file" : "the shared config file";
  return where.empty() ? what : what + " " + where;
}

Result<Found> SharedFile::look() const {
  const std::string where = path();
  if (where.empty()) return Found{std::nullopt, "HOME is not set"};
  const auto text = read_small_file(where);
  if (!text.ok()) return text.error();
  if (!text->has_value()) return Found{std::nullopt, "it is not there"};
  std::string profile = profile_.empty() ? environment_("AWS_PROFILE") : profile_;
  if (profile.empty()) profile = "default";
  const bool prefixed = kind_ == Kind::kConfig && profile != "default";
  const auto keys = section_of(**text, prefixed ? "profile " + profile : profile);
  if (!keys) return Found{std::nullopt, "it has no profile \"" + profile + "\""};
  const auto value = [&keys](const char* key) {
    const auto at = keys->find(key);
    return at == keys->end() ? std::string() : at->second;
  };
  Credentials found;
  found.access_key_id = value("aws_access_key_id");
  found.secret_access_key = secret_of(value("aws_secret_access_key"));
  found.session_token = secret_of(value("aws_session_token"));
  if (!found.access_key_id.empty() && found.secret_access_key != nullptr) return Found{std::move(found), {}};
  if (!found.access_key_id.empty() || found.secret_access_key != nullptr) {
    return Error(Code::kUnauthenticated,
                 "The profile \"" + profile + "\" in " + where +
                     " has only one of aws_access_key_id and aws_secret_access_key; give both.");
  }
  for (const auto& [key, what] : kOtherWays) {
    if (keys->contains(key)) {
      return Found{std::nullopt, "its profile \"" + profile + "\" names " + what + " (" + key +
                                     "), which this plugin does not do"};
    }
  }
  return Found{std::nullopt, "its profile \"" + profile + "\" has no aws_access_key_id"};
}

void SharedFile::find(std::function<void(Result<Found>)> then) {
  then(look());
}

}  // namespace paynamed::route53
