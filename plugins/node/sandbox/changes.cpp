#include "changes.hpp"

#include <boost/json.hpp>

#include "paynamed/error.hpp"

namespace paynamed::sandbox {
namespace {

template <class T>
constexpr std::string_view kName = {};
template <>
constexpr std::string_view kName<LedgerOpened> = "ledger_opened";
template <>
constexpr std::string_view kName<OfferMade> = "offer_made";
template <>
constexpr std::string_view kName<OfferSwitched> = "offer_switched";
template <>
constexpr std::string_view kName<InvoiceMade> = "invoice_made";
template <>
constexpr std::string_view kName<InvoiceFetched> = "invoice_fetched";
template <>
constexpr std::string_view kName<PaymentMade> = "payment_made";
template <>
constexpr std::string_view kName<AddressMade> = "address_made";

// True if `name` is T's; `change` is then read from `json`.
template <class T>
bool read_as(std::string_view name, const boost::json::value& json, Change& change) {
  if (name != kName<T>) return false;
  auto read = boost::json::try_value_to<T>(json);
  if (!read) {
    throw Error(Code::kDataLoss,
                "The change " + std::string(name) + " has missing, unknown or mistyped members.");
  }
  change = std::move(*read);
  return true;
}

template <class... T>
bool read_any(std::string_view name, const boost::json::value& json, std::variant<T...>& change) {
  return (read_as<T>(name, json, change) || ...);
}

}  // namespace

std::string to_line(const Change& change) {
  return std::visit(
      []<class T>(const T& known) {
        boost::json::object line;
        line[kName<T>] = boost::json::value_from(known);
        return boost::json::serialize(line);
      },
      change);
}

Change from_line(std::string_view line) {
  boost::json::error_code error;
  const auto parsed = boost::json::parse(line, error);
  if (error) throw Error(Code::kDataLoss, "The line is not JSON: " + error.message() + ".");
  const auto* object = parsed.if_object();
  if (object == nullptr || object->size() != 1) {
    throw Error(Code::kDataLoss, "The line is not an object with one change.");
  }
  Change change;
  if (!read_any(object->begin()->key(), object->begin()->value(), change)) {
    throw Error(Code::kDataLoss, "The change " + std::string(object->begin()->key()) +
                                     " is unknown to this version of the sandbox.");
  }
  return change;
}

}  // namespace paynamed::sandbox
