#include "tests/e2e/crash/customer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "ctl/http.hpp"

namespace paynamed::crash {
namespace json = boost::json;
namespace {

constexpr int kRestSeconds = 30;
constexpr unsigned kTooManyRequests = 429;

std::string text_in(const json::value& value, std::string_view key) {
  const auto* object = value.if_object();
  const auto* found = object ? object->if_contains(key) : nullptr;
  return found && found->is_string() ? std::string{found->get_string()} : std::string{};
}

}  // namespace

Answer Customer::send(const std::string& method, const std::string& target, const std::string& body,
                      const std::string& idempotency_key, int wait_seconds) {
  auto url = ctl::parse_url(url_);
  if (!url) throw std::logic_error(url.error().message());
  ctl::HttpCall call{method, target, body, {}, base::Duration{60'000}};
  if (!idempotency_key.empty()) call.headers.emplace_back("Idempotency-Key", idempotency_key);
  if (wait_seconds > 0) call.headers.emplace_back("Prefer", fmt::format("wait={}", wait_seconds));
  ctl::HttpConnection connection{*std::move(url), key_};
  for (;;) {
    auto reply = connection.send(call);
    if (!reply) throw NoAnswer(reply.error().message());
    boost::system::error_code error;
    if (reply->status != kTooManyRequests) return {reply->status, json::parse(reply->body, error)};
    std::this_thread::sleep_for(
        std::chrono::seconds{std::max(1, std::atoi(reply->headers["retry-after"].c_str()))});
  }
}

Customer::Order Customer::registration(const std::string& name) {
  json::object body{{"name", name}, {"owner", "owner of " + name}};
  return {"POST", "/v1/names", json::serialize(body), "register " + name, name};
}
Customer::Order Customer::rotation(const std::string& name) {
  return {"POST", "/v1/names/" + name + "/rotate", {}, "rotate " + name, name};
}
Customer::Order Customer::new_source(const std::string& name, const std::string& uri) {
  return {"PUT", "/v1/names/" + name + "/source", json::serialize(json::object{{"uri", uri}}),
          "source " + name, name};
}
Customer::Order Customer::repair(const std::string& name) {
  return {"POST", "/v1/names/" + name + "/repair", {}, "repair " + name, name};
}
Customer::Order Customer::removal(const std::string& name) {
  return {"DELETE", "/v1/names/" + name, {}, "remove " + name, name};
}

std::string Customer::place(const Order& order) {
  const Answer answer = send(order.method, order.target, order.body, order.key);
  const std::string run = text_in(answer.body, "run");
  if (answer.status < 200 || answer.status > 202 || run.empty()) {
    account_.broken(
        fmt::format("request {} was answered {} {}", order.key, answer.status, json::serialize(answer.body)));
    return {};
  }
  account_.acknowledge(order.key, run, order.name);
  return run;
}

std::string Customer::rest(const Order& order) {
  const Answer answer = send(order.method, order.target, order.body, order.key, kRestSeconds);
  const std::string state = text_in(answer.body, "state");
  const std::string run = text_in(answer.body, "run");
  if (!run.empty()) account_.acknowledge(order.key, run, order.name);
  if (state != "completed" && state != "compensated" && state != "paused") {
    std::string steps;
    if (!run.empty()) steps = json::serialize(send("GET", "/v1/runs/" + run).body);
    account_.broken(fmt::format("request {} did not come to rest in {} s: {} {} {}", order.key, kRestSeconds,
                                answer.status, json::serialize(answer.body), steps));
  }
  return state;
}

std::string Customer::carry_through(const Order& order) {
  return place(order).empty() ? std::string{} : rest(order);
}

void Customer::await_event(const std::string& name, const std::string& type) {
  std::string after = "0";
  for (int pages = 0; pages < 1'000; ++pages) {
    const Answer page = send("GET", "/v1/events?limit=1000&wait=20&after=" + after);
    const auto& items = page.body.at("items").as_array();
    for (const json::value& event : items) {
      if (text_in(event, "subject") == name && text_in(event, "type") == type) return;
    }
    if (items.empty()) break;
    after = text_in(page.body, "next");
  }
  account_.broken(fmt::format("there was no {} of {} for 20 s", type, name));
}

void Customer::read_events() {
  std::string after = fmt::format("{}", account_.last_seq());
  for (;;) {
    const Answer page = send("GET", "/v1/events?limit=1000&after=" + after);
    if (page.status != 200) {
      account_.broken(fmt::format("events after {} were answered {} {}: events that were served are gone",
                                  after, page.status, json::serialize(page.body)));
      return;
    }
    const auto& items = page.body.at("items").as_array();
    if (items.empty()) return;
    for (const json::value& event : items) {
      const std::string seq = text_in(event, "seq");
      std::uint64_t number = 0;
      std::from_chars(seq.data(), seq.data() + seq.size(), number);
      account_.served(number, text_in(event, "id"), json::serialize(event));
    }
    after = text_in(page.body, "next");
  }
}

}  // namespace paynamed::crash
