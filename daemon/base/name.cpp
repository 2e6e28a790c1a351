#include "base/name.hpp"

#include <fmt/format.h>
#include <idn2.h>

#include <algorithm>
#include <memory>

namespace paynamed::base {
namespace {

constexpr std::string_view kPrefix = "\xE2\x82\xBF";  // U+20BF, BITCOIN SIGN
constexpr std::string_view kBetween = ".user._bitcoin-payment.";
constexpr std::size_t kMaxLabelBytes = 63;
constexpr std::size_t kMaxDomainBytes = 253;
// More than any name that could be right; longer text is not looked at.
constexpr std::size_t kMaxTextBytes = 1024;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

// Outside text in a message: what cannot be printed is shown as a number.
std::string shown(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7f ? fmt::format("'{}'", c) : fmt::format("byte 0x{:02x}", byte);
}

std::string fold(std::string_view text, bool* folded) {
  std::string out{text};
  for (char& c : out) {
    if (!is_upper(c)) continue;
    c = static_cast<char>(c - 'A' + 'a');
    if (folded) *folded = true;
  }
  return out;
}

// The labels of `text` in order; `check` returns a Status, the first that is not OK ends it.
template <class Check>
Status each_label(std::string_view text, Check check) {
  for (std::size_t start = 0;;) {
    const std::size_t dot = text.find('.', start);
    const std::string_view label = text.substr(start, dot == text.npos ? dot : dot - start);
    if (Status status = check(label); !status.ok()) return status;
    if (dot == text.npos) return {};
    start = dot + 1;
  }
}

// The A-label form (IDNA 2008, non-transitional), or an empty text if there is none.
std::string to_a_labels(const std::string& text) {
  if (text.find('\0') != text.npos) return {};
  char* out = nullptr;
  if (idn2_to_ascii_8z(text.c_str(), &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK) return {};
  const std::unique_ptr<char, decltype(&idn2_free)> owner{out, &idn2_free};
  return out;
}

// libidn2 converts an A-label to its letters and back, and refuses what does not survive.
bool is_a_label(std::string_view label) {
  const std::string text{label};
  std::uint8_t* out = nullptr;
  const int code = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(text.c_str()), &out,
                                  IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<std::uint8_t, decltype(&idn2_free)> owner{out, &idn2_free};
  return code == IDN2_OK;
}

Status check_user_label(std::string_view label) {
  if (label.empty()) {
    return invalid_argument(
        "the user has an empty part: no dot at its start or end, and no two dots in a row");
  }
  if (label.size() > kMaxLabelBytes) {
    return invalid_argument(
        fmt::format("a part of the user has {} bytes; between dots there may be at most {}", label.size(),
                    kMaxLabelBytes));
  }
  if (label.starts_with("xn--")) {
    return invalid_argument(
        "a part of the user begins with \"xn--\", which wallets show as other letters; choose another user");
  }
  for (const char c : label) {
    if (!is_lower(c) && !is_digit(c) && c != '_' && c != '-') {
      return invalid_argument(fmt::format(
          "the user contains {}; only the letters a-z, digits, '.', '_' and '-' are allowed", shown(c)));
    }
  }
  return {};
}

Status check_domain_label(std::string_view label) {
  if (label.empty()) {
    return invalid_argument("the domain has an empty label: no dot at its start, and no two dots in a row");
  }
  if (label.size() > kMaxLabelBytes) {
    return invalid_argument(fmt::format("a label of the domain has {} bytes; at most {} are allowed",
                                        label.size(), kMaxLabelBytes));
  }
  for (const char c : label) {
    if (!is_lower(c) && !is_digit(c) && c != '-') {
      return invalid_argument(fmt::format(
          "the domain contains {}; only the letters a-z, digits, '.' and '-' are allowed", shown(c)));
    }
  }
  if (label.front() == '-' || label.back() == '-') {
    return invalid_argument(
        fmt::format("the domain label \"{}\" begins or ends with a hyphen; a host name may not", label));
  }
  if (label.starts_with("xn--") && !is_a_label(label)) {
    return invalid_argument(
        fmt::format("the domain label \"{}\" is not a valid A-label (IDNA 2008); check its spelling", label));
  }
  return {};
}

Status check_user(std::string_view user) {
  if (user.empty())
    return invalid_argument("the user is empty; write it before the '@', as in alice@example.com");
  return each_label(user, check_user_label);
}

}  // namespace

Result<std::string> parse_domain(std::string_view text, bool* folded) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty()) return fail(invalid_argument("the domain is empty; write one like example.com"));
  if (text.size() > kMaxTextBytes) {
    return fail(invalid_argument(
        fmt::format("the domain has {} bytes; at most {} are allowed", text.size(), kMaxDomainBytes)));
  }
  if (!std::all_of(text.begin(), text.end(), is_ascii)) {
    const std::string ascii = to_a_labels(std::string{text});
    if (ascii.empty()) {
      return fail(invalid_argument("the domain has letters outside ASCII that IDNA 2008 does not allow"));
    }
    return fail(
        invalid_argument(fmt::format("the domain has letters outside ASCII; write it as \"{}\"", ascii)));
  }
  bool any = false;
  std::string domain = fold(text, &any);
  if (Status status = each_label(domain, check_domain_label); !status.ok()) return fail(std::move(status));
  if (domain.size() > kMaxDomainBytes) {
    return fail(invalid_argument(
        fmt::format("the domain has {} bytes; at most {} are allowed", domain.size(), kMaxDomainBytes)));
  }
  const std::string_view last = std::string_view{domain}.substr(domain.rfind('.') + 1);
  if (std::all_of(last.begin(), last.end(), is_digit)) {
    return fail(invalid_argument(
        "the last label of the domain is a number, as in an IP address; write a domain name"));
  }
  if (folded && any) *folded = true;
  return domain;
}

Result<Name> Name::from_parts(std::string_view user, std::string_view domain, bool* folded) {
  if (folded) *folded = false;
  if (user.size() > kMaxTextBytes) {
    return fail(invalid_argument(fmt::format("the user has {} bytes; user and domain together may have {}",
                                             user.size(), kMaxNameBytes)));
  }
  bool any = false;
  std::string user_part = fold(user, &any);
  if (Status status = check_user(user_part); !status.ok()) return fail(std::move(status));
  Result<std::string> domain_part = parse_domain(domain, &any);
  if (!domain_part) return fail(std::move(domain_part.error()));
  const std::size_t bytes = user_part.size() + domain_part->size();
  if (bytes > kMaxNameBytes) {
    return fail(invalid_argument(fmt::format(
        "user and domain have {} bytes together; at most {} fit into a DNS name", bytes, kMaxNameBytes)));
  }
  if (folded) *folded = any;
  return Name{std::move(user_part), std::move(*domain_part)};
}

Result<Name> Name::parse(std::string_view text, bool* folded) {
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  const std::size_t at = text.find('@');
  if (at == text.npos) {
    return fail(invalid_argument("the name has no '@'; write user@domain, as in alice@example.com"));
  }
  if (text.find('@', at + 1) != text.npos) {
    return fail(
        invalid_argument("the name has more than one '@'; write user@domain, as in alice@example.com"));
  }
  return from_parts(text.substr(0, at), text.substr(at + 1), folded);
}

std::string Name::owner_name() const {
  return user_ + std::string{kBetween} + domain_ + ".";
}

}  // namespace paynamed::base
