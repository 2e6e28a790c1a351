#include "tests/fakes/cloudflare/fake_cloudflare.hpp"

#include <boost/json.hpp>
#include <stdexcept>

#include "tests/fakes/daemon/http_client.hpp"

namespace paynamed::fakes {
namespace json = boost::json;

namespace {

std::vector<std::string> words(const std::vector<std::string>& more) {
  std::vector<std::string> all{"/usr/bin/python3", PAYNAMED_FAKE_CLOUDFLARE, "--zone", FakeCloudflare::kZone,
                               "--token",          FakeCloudflare::kToken};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

json::value answer_of(const HttpReply& reply, const std::string& what) {
  if (reply.status != 200) throw std::runtime_error("the fake refused /_fake/" + what + ": " + reply.body);
  return reply.json();
}

std::vector<std::string> strings(const json::value& list) {
  std::vector<std::string> all;
  for (const auto& each : list.as_array()) all.emplace_back(each.as_string());
  return all;
}

}  // namespace

FakeCloudflare::FakeCloudflare(std::vector<std::string> more) : child_(words(more)) {
  if (!child_.wait_for_text({"\n"}, std::chrono::seconds(30)) || !child_.output().starts_with("port ")) {
    throw std::runtime_error("the fake of Cloudflare did not begin: " + child_.errors());
  }
  port_ = static_cast<std::uint16_t>(std::stoul(child_.output().substr(5)));
}

std::string FakeCloudflare::endpoint() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/client/v4";
}

json::value FakeCloudflare::get(const std::string& what) const {
  return answer_of(HttpClient(port_).send("GET", "/_fake/" + what), what);
}

json::value FakeCloudflare::post(const std::string& what, const json::value& body) const {
  return answer_of(HttpClient(port_).send("POST", "/_fake/" + what, json::serialize(body)), what);
}

std::int64_t FakeCloudflare::count(const std::string& counter) const {
  const auto counters = get("counters");
  const auto* found = counters.as_object().if_contains(counter);
  return found == nullptr ? 0 : found->as_int64();
}

void FakeCloudflare::order(json::object fault) const {
  json::array faults;
  faults.push_back(std::move(fault));
  post("faults", faults);
}

void FakeCloudflare::plant(const std::string& name, const std::string& type, const std::string& content,
                           const std::string& comment) const {
  json::object record{{"name", name}, {"type", type}, {"content", content}, {"ttl", 300}};
  if (!comment.empty()) record["comment"] = comment;
  if (type == "MX") record["priority"] = 10;
  json::array records;
  records.push_back(std::move(record));
  post("records", json::object{{"zone", kZone}, {"records", std::move(records)}});
}

std::vector<std::string> FakeCloudflare::txt(const std::string& name) const {
  const auto zone = get("zone?zone=" + std::string(kZone) + "&name=" + name);
  std::vector<std::string> contents;
  for (const auto& each : zone.at("records").as_array()) {
    if (each.at("type") == "TXT") contents.emplace_back(each.at("content").as_string());
  }
  return contents;
}

std::vector<std::vector<std::string>> FakeCloudflare::history(const std::string& name) const {
  const auto zone = get("zone?zone=" + std::string(kZone) + "&name=" + name);
  std::vector<std::vector<std::string>> all;
  for (const auto& each : zone.at("history").as_array()) all.push_back(strings(each));
  return all;
}

}  // namespace paynamed::fakes
