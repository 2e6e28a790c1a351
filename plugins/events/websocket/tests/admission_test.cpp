// Which requests become connections, and with which credential.
#include "admission.hpp"

#include <gtest/gtest.h>

namespace paynamed::websocket {
namespace {

struct Case {
  const char* rule;
  UpgradeRequest request;
  unsigned status;
  std::string credential = {};
  bool names_protocol = false;
};

UpgradeRequest upgrade() {
  UpgradeRequest request;
  request.method = "GET";
  request.target = "/v1/events";
  request.upgrades = true;
  return request;
}

template <class Change>
UpgradeRequest with(Change change) {
  UpgradeRequest request = upgrade();
  change(request);
  return request;
}

TEST(Admission, OfARequest) {
  Settings settings;
  settings.origins = {"https://shop.example"};
  const Case cases[] = {
      {"a plain one", upgrade(), 101},
      {"a query does not matter", with([](auto& r) { r.target = "/v1/events?x=1"; }), 101},
      {"another path", with([](auto& r) { r.target = "/"; }), 404},
      {"a longer path", with([](auto& r) { r.target = "/v1/events/"; }), 404},
      {"another method", with([](auto& r) { r.method = "POST"; }), 405},
      {"no upgrade", with([](auto& r) { r.upgrades = false; }), 426},
      {"a page that may", with([](auto& r) { r.origin = "https://shop.example"; }), 101},
      {"a page that may not", with([](auto& r) { r.origin = "https://shop.example.evil.example"; }), 403},
      {"another scheme", with([](auto& r) { r.origin = "http://shop.example"; }), 403},
      {"a sandboxed page", with([](auto& r) { r.origin = "null"; }), 403},
      {"a key in the header", with([](auto& r) { r.authorization = "Bearer k1"; }), 101, "k1"},
      {"whatever the case of the scheme", with([](auto& r) { r.authorization = "bearer  k1 "; }), 101, "k1"},
      {"another scheme of authorization", with([](auto& r) { r.authorization = "Basic k1"; }), 401},
      {"no key behind the scheme", with([](auto& r) { r.authorization = "Bearer "; }), 401},
      {"a token of a browser", with([](auto& r) { r.protocols = "paynamed.v1, paynamed.bearer.pnt_a.b"; }),
       101, "pnt_a.b", true},
      {"a token without the protocol", with([](auto& r) { r.protocols = "paynamed.bearer.pnt_a.b"; }), 400},
      {"other protocols", with([](auto& r) { r.protocols = "chat,paynamed.v1"; }), 101, "", true},
      {"the header counts", with([](auto& r) {
         r.protocols = "paynamed.v1,paynamed.bearer.pnt_a.b";
         r.authorization = "Bearer k1";
       }),
       101, "k1", true},
  };
  for (const Case& each : cases) {
    const Admission admission = admit(each.request, settings);
    EXPECT_EQ(admission.status, each.status) << each.rule;
    if (admission.status != 101) {
      EXPECT_FALSE(admission.why.empty()) << each.rule;
      continue;
    }
    EXPECT_EQ(admission.credential, each.credential) << each.rule;
    EXPECT_EQ(admission.names_protocol, each.names_protocol) << each.rule;
  }
}

TEST(Admission, AStarLetsAllPagesIn) {
  Settings settings;
  settings.origins = {"*"};
  EXPECT_EQ(admit(with([](auto& r) { r.origin = "https://any.example"; }), settings).status, 101U);
}

TEST(Admission, NoKeyIsThatLong) {
  const std::string key = "Bearer " + std::string(5'000, 'k');
  EXPECT_EQ(admit(with([&](auto& r) { r.authorization = key; }), Settings()).status, 401U);
}

}  // namespace
}  // namespace paynamed::websocket
