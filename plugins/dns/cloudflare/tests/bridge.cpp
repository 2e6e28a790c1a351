#include "bridge.hpp"

#include "tests/fakes/daemon/http_client.hpp"

namespace paynamed::cloudflare {
namespace json = boost::json;
using namespace plugin::v1;

CloudflareTest::CloudflareTest() {
  fake.post("limit", json::object{{"most", 1'000'000}});
  host.set_secret("token", std::string(fakes::FakeCloudflare::kToken) + "\n");
  host.set_service("pn.http/1", "Request",
                   [this](std::string_view bytes, const Call::Info&) { return answer(bytes); });
  host.set_service("pn.http/1", "HoldBudget",
                   [this](std::string_view bytes, const Call::Info&) -> Result<std::string> {
                     held.emplace_back().ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
                     return HoldBudgetReply().SerializeAsString();
                   });
  plugin = make();
}

paynamed::testing::Instance* CloudflareTest::make(json::object more) {
  json::object config{{"endpoint", fake.endpoint()}, {"api_token", "token"}};
  for (const auto& [key, value] : more) config[key] = value;
  return host.create<Cloudflare>(json::serialize(config)).value();
}

Result<std::string> CloudflareTest::answer(std::string_view bytes) {
  HttpRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(Code::kInvalidArgument, "no request");
  }
  seen.push_back(request);
  auto reply = instead ? instead(request) : std::nullopt;
  if (!reply) {
    reply = ask(request);
    if (afterwards) afterwards(request);
  }
  if (!reply->ok()) return reply->error();
  return (*reply)->SerializeAsString();
}

Result<HttpReply> CloudflareTest::ask(const HttpRequest& request) const {
  const auto path = request.url().find('/', std::string("http://").size());
  fakes::HttpClient::Headers headers;
  for (const auto& each : request.headers()) headers.emplace_back(each.name(), each.value());
  try {
    const auto got = fakes::HttpClient(fake.port())
                         .send(request.method(), request.url().substr(path), request.body(), headers);
    HttpReply reply;
    reply.set_status(static_cast<std::uint32_t>(got.status));
    reply.set_body(got.body);
    for (const auto& [name, value] : got.headers) {
      auto* header = reply.add_headers();
      header->set_name(name);
      header->set_value(value);
    }
    return reply;
  } catch (const std::runtime_error& error) {
    return Error(Code::kUnknown, error.what());
  }
}

PublishRequest CloudflareTest::wanted(const std::string& name, const std::string& value,
                                      std::vector<std::string> previous) {
  PublishRequest request;
  request.set_zone(kZone);
  request.mutable_record()->set_name(name);
  request.mutable_record()->set_value(value);
  request.mutable_record()->set_ttl_seconds(300);
  request.mutable_record()->set_comment("managed");
  if (previous.empty()) request.set_absent(true);
  if (previous.size() == 1) request.set_previous_value(previous.front());
  if (previous.size() > 1) {
    for (const auto& each : previous) request.mutable_previous_values()->add_values(each);
  }
  return request;
}

WithdrawRequest CloudflareTest::unwanted(const std::string& name, const std::string& value) {
  WithdrawRequest request;
  request.set_zone(kZone);
  request.set_name(name);
  request.set_value(value);
  return request;
}

Result<PublishReply> CloudflareTest::publish(const PublishRequest& request) {
  return host.call<PublishReply>(plugin, "Publish", request, {.idempotency_key = "k"});
}

Result<WithdrawReply> CloudflareTest::withdraw(const WithdrawRequest& request) {
  return host.call<WithdrawReply>(plugin, "Withdraw", request, {.idempotency_key = "w"});
}

Result<ReadReply> CloudflareTest::read(const std::string& name) {
  ReadRequest request;
  request.set_zone(kZone);
  request.set_name(name);
  return host.call<ReadReply>(plugin, "Read", request);
}

std::vector<Result<PublishReply>> CloudflareTest::publish_many(int count, bool background) {
  std::vector<paynamed::testing::PendingCall> open;
  for (int i = 0; i < count; ++i) {
    paynamed::testing::CallOptions options;
    options.idempotency_key = "k" + std::to_string(i);
    options.background = background;
    options.timeout = std::chrono::minutes(10);
    const auto user = "n" + std::to_string(i);
    open.push_back(host.start(plugin, "Publish", wanted(full(user), "bitcoin:?lno=" + user), options));
  }
  std::vector<Result<PublishReply>> replies;
  for (const auto& each : open) replies.push_back(host.wait<PublishReply>(each));
  return replies;
}

}  // namespace paynamed::cloudflare
