#include "names/bip321.hpp"

#include <fmt/format.h>

#include "names/ascii.hpp"
#include "names/percent.hpp"

namespace paynamed::names {
namespace {

using base::fail;
using base::invalid_argument;
using base::Result;
using base::Status;

constexpr std::string_view kScheme = "bitcoin:";
constexpr std::uint64_t kSatPerBitcoin = 100'000'000;
constexpr std::uint64_t kMaxBitcoin = 21'000'000;
constexpr std::size_t kDecimals = 8;

// "20.3" in satoshi: digits with at most one dot, at least one digit, at most eight decimals.
std::optional<std::uint64_t> read_amount(std::string_view text) {
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  const std::string_view fraction = dot == text.npos ? std::string_view{} : text.substr(dot + 1);
  if (whole.size() + fraction.size() == 0 || whole.size() > 16 || fraction.size() > kDecimals)
    return std::nullopt;
  std::uint64_t bitcoin = 0;
  for (const char c : whole) {
    if (!is_digit(c)) return std::nullopt;
    bitcoin = bitcoin * 10 + static_cast<std::uint64_t>(c - '0');
  }
  std::uint64_t satoshi = 0;
  for (std::size_t i = 0; i < kDecimals; ++i) {
    const char c = i < fraction.size() ? fraction[i] : '0';
    if (!is_digit(c)) return std::nullopt;
    satoshi = satoshi * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (bitcoin > kMaxBitcoin || bitcoin * kSatPerBitcoin + satoshi > kMaxBitcoin * kSatPerBitcoin)
    return std::nullopt;
  return bitcoin * kSatPerBitcoin + satoshi;
}

bool is_segwit_key(std::string_view key) {
  return key == "bc" || key == "tb" || key == "bcrt";
}

// One reading of one URI.
class Parser {
 public:
  Result<PaymentUri> parse(std::string_view text) {
    if (text.size() > kMaxUriCharacters) {
      return fail(invalid_argument(fmt::format("the payment URI has {} characters; at most {} are allowed",
                                               text.size(), kMaxUriCharacters)));
    }
    if (!is_payment_uri(text)) {
      return fail(invalid_argument("the text is not a payment URI; one begins with \"bitcoin:\""));
    }
    text.remove_prefix(kScheme.size());
    uri_.text = kScheme;
    uri_.networks = kAllNetworks;
    for (const char c : text) {
      if (!is_query_character(c)) {
        return fail(
            invalid_argument(fmt::format("byte 0x{:02x} cannot stand in a payment URI; percent-encode it",
                                         static_cast<unsigned char>(c))));
      }
    }
    const std::size_t question = text.find('?');
    if (Status status = read_body(text.substr(0, question)); !status.ok()) return fail(std::move(status));
    if (question != text.npos) {
      if (Status status = read_query(text.substr(question + 1)); !status.ok()) return fail(std::move(status));
    }
    if (instructions_ == 0) {
      return fail(
          invalid_argument("the payment URI has no payment instruction; add one, such as lno=<offer>"));
    }
    warn();
    return std::move(uri_);
  }

 private:
  // Counts an instruction, whose networks have to agree with all others'.
  Status count(NetworkSet networks, std::string_view key) {
    ++instructions_;
    const NetworkSet common = uri_.networks & networks;
    if (networks.empty()) return invalid_argument(fmt::format("\"{}\" is not for a Bitcoin network", key));
    if (common.empty()) {
      return invalid_argument(
          fmt::format("\"{}\" is for {}, but what comes before it for {}; use one network", key,
                      to_string(networks), to_string(uri_.networks)));
    }
    uri_.networks = common;
    return {};
  }

  // Writes the parameter into the canonical text.
  void write(std::string_view key, std::string_view value) {
    uri_.text += parameters_++ == 0 ? '?' : '&';
    uri_.text.append(key).append("=").append(value);
  }

  template <class Instruction>
  Status add(Result<Instruction> parsed, NetworkSet networks, std::string_view key,
             std::vector<Instruction>& to) {
    if (!parsed)
      return invalid_argument(fmt::format("\"{}\" is not valid: {}", key, parsed.error().message()));
    if (Status status = count(networks, key); !status.ok()) return status;
    write(key, parsed->text);
    to.push_back(std::move(*parsed));
    return {};
  }

  Status read_body(std::string_view body) {
    if (body.empty()) return {};
    Result<Address> address = parse_address(body);
    if (!address) {
      return invalid_argument(
          fmt::format("the address in the payment URI is not valid: {}", address.error().message()));
    }
    uri_.text += address->text;
    Status status = count(address->networks, "the address");
    uri_.address = std::move(*address);
    return status;
  }

  Status read_query(std::string_view query) {
    for (;;) {
      const std::size_t ampersand = query.find('&');
      const std::string_view parameter = query.substr(0, ampersand);
      // The grammar of BIP-321 allows an empty parameter.
      if (!parameter.empty()) {
        const std::size_t equals = parameter.find('=');
        const std::string key = to_lower(parameter.substr(0, equals));
        if (key.empty()) return invalid_argument("a parameter of the payment URI has no key");
        const std::string_view value =
            equals == parameter.npos ? std::string_view{} : parameter.substr(equals + 1);
        if (Status status = read_parameter(key, value); !status.ok()) return status;
      }
      if (ampersand == query.npos) return {};
      query.remove_prefix(ampersand + 1);
    }
  }

  Status read_parameter(const std::string& key, std::string_view value) {
    if (key == "lno") {
      Result<Offer> offer = parse_offer(value);
      const NetworkSet networks = offer ? offer->networks() : NetworkSet{};
      return add(std::move(offer), networks, key, uri_.offers);
    }
    if (key == "lightning") return add_with_networks(parse_invoice(value), key, uri_.invoices);
    if (key == "sp" || key == "tsp") return read_silent_payment(key, value);
    if (key == "pay" || key == "payt") return read_payment_code(key, value);
    if (is_segwit_key(key)) return read_segwit(key, value);
    if (key == "amount") return read_amount_parameter(value);
    if (key == "label") return read_text(key, value, uri_.label);
    if (key == "message") return read_text(key, value, uri_.message);
    if (key == "pop" || key == "req-pop") {
      uri_.proof_of_payment_required = uri_.proof_of_payment_required || key == "req-pop";
      return read_text(key, value, uri_.proof_of_payment);
    }
    if (key.starts_with("req-")) {
      return invalid_argument(
          "the payment URI has a \"req-\" parameter that is unknown, so wallets must refuse it all");
    }
    write(key, value);
    uri_.unknown.push_back({key, std::string{value}});
    return {};
  }

  template <class Instruction>
  Status add_with_networks(Result<Instruction> parsed, std::string_view key, std::vector<Instruction>& to) {
    const NetworkSet networks = parsed ? parsed->networks : NetworkSet{};
    return add(std::move(parsed), networks, key, to);
  }

  // An address under the key of its own prefix (BIP-321: a testnet address under "bc" is invalid).
  Status check_prefix(const std::string& key, std::string_view value) const {
    if (starts_with_ignoring_case(value, key + "1")) return {};
    return invalid_argument(fmt::format("the value of \"{0}\" does not begin with \"{0}1\"", key));
  }

  Status read_silent_payment(const std::string& key, std::string_view value) {
    if (Status status = check_prefix(key, value); !status.ok()) return status;
    return add_with_networks(parse_silent_payment_address(value), key, uri_.silent_payments);
  }

  Status read_payment_code(const std::string& key, std::string_view value) {
    if (Status status = check_prefix(key, value); !status.ok()) return status;
    return add_with_networks(parse_payment_code(value), key, uri_.payment_codes);
  }

  Status read_segwit(const std::string& key, std::string_view value) {
    if (Status status = check_prefix(key, value); !status.ok()) return status;
    return add_with_networks(parse_address(value), key, uri_.segwit_addresses);
  }

  Status read_amount_parameter(std::string_view value) {
    if (uri_.amount_sat)
      return invalid_argument("the payment URI has \"amount\" twice; wallets must refuse it");
    uri_.amount_sat = read_amount(value);
    if (!uri_.amount_sat) {
      return invalid_argument(
          "\"amount\" is not a number of bitcoin such as 0.001 (a dot, at most 8 decimals)");
    }
    write("amount", value);
    return {};
  }

  Status read_text(std::string_view key, std::string_view value, std::optional<std::string>& to) {
    if (to) {
      return invalid_argument(fmt::format("the payment URI has \"{}\" twice; wallets must refuse it",
                                          key == "req-pop" ? "pop" : key));
    }
    Result<std::string> decoded = percent_decode(value);
    if (!decoded)
      return invalid_argument(fmt::format("\"{}\" is not valid: {}", key, decoded.error().message()));
    to = std::move(*decoded);
    write(key, value);
    return {};
  }

  void warn(std::string code, std::string message) {
    uri_.warnings.push_back({std::move(code), std::move(message)});
  }

  void warn() {
    if (!uri_.invoices.empty()) {
      warn("lightning_invoice",
           "a Lightning invoice can be paid once and expires, and then wallets refuse the whole record; use "
           "an offer");
    }
    if (uri_.offers.empty() && uri_.invoices.empty() && uri_.segwit_addresses.empty() && !uri_.address) {
      warn("few_wallets", "few wallets can pay silent payments or payment codes; add an offer");
    }
    if (uri_.proof_of_payment) {
      warn("proof_of_payment", "\"pop\" asks every payer's wallet to open another program; leave it out");
    }
    if (uri_.amount_sat) warn("fixed_amount", "\"amount\" asks every payer for the same sum; leave it out");
    if (uri_.address || !uri_.segwit_addresses.empty()) {
      warn("on_chain_address",
           "an address in a public record is used again and again, which shows all its payments; use an "
           "offer");
    }
    if (!uri_.unknown.empty()) {
      warn("unknown_parameter", "the payment URI has parameters that wallets do not know; leave them out");
    }
  }

  PaymentUri uri_;
  unsigned instructions_ = 0;
  unsigned parameters_ = 0;
};

}  // namespace

bool is_payment_uri(std::string_view text) {
  return starts_with_ignoring_case(text, kScheme);
}

Result<PaymentUri> parse_payment_uri(std::string_view text) {
  return Parser{}.parse(text);
}

std::string build_payment_uri(const Offer& offer) {
  return std::string{kScheme} + "?lno=" + offer.text;
}

}  // namespace paynamed::names
