// The document that is served is true: each of its operations has a route, and each route an operation.
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "api/routes.hpp"
#include "fakes.hpp"

namespace paynamed::api {
namespace {

// The "METHOD /path" lines of the document. Paths stand at two spaces and methods at four, under `paths:`.
std::set<std::string> documented() {
  std::set<std::string> out;
  std::istringstream lines{std::string{openapi_document()}};
  std::string line;
  std::string path;
  bool in_paths = false;
  while (std::getline(lines, line)) {
    if (!line.empty() && line[0] != ' ') in_paths = line == "paths:";
    if (!in_paths || line.empty() || line.back() != ':') continue;
    const std::size_t indent = line.find_first_not_of(' ');
    const std::string key = line.substr(indent, line.size() - indent - 1);
    if (indent == 2) path = key;
    if (indent != 4 || (key != "get" && key != "put" && key != "post" && key != "delete" && key != "patch"))
      continue;
    std::string method = key;
    for (char& c : method) c = static_cast<char>(c - 'a' + 'A');
    out.insert(method + " " + path);
  }
  return out;
}

TEST_F(ApiTest, TheDocumentAndTheRoutesAreTheSame) {
  std::set<std::string> routed;
  for (const Route& route : service().router().routes()) routed.insert(route.method + " " + route.path);
  EXPECT_EQ(routed, documented());
  EXPECT_GE(routed.size(), 18U);
}

TEST_F(ApiTest, TheDocumentIsServed) {
  const Response response = get("/openapi.yaml");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header_of(response, "Content-Type"), "application/yaml");
  EXPECT_EQ(response.body, openapi_document());
  EXPECT_TRUE(response.body.starts_with("openapi: 3.1.0\n"));
}

TEST_F(ApiTest, TheDocumentsAboutEventsAreServed) {
  const Response asyncapi = get("/asyncapi.yaml");
  EXPECT_EQ(header_of(asyncapi, "Content-Type"), "application/yaml");
  EXPECT_TRUE(asyncapi.body.starts_with("asyncapi: 3.0.0\n"));
  const Response schema = get("/events.schema.json");
  EXPECT_EQ(header_of(schema, "Content-Type"), "application/schema+json");
  EXPECT_TRUE(object_of(schema).at("definitions").as_object().contains("payment.received.v1"));
  EXPECT_TRUE(schema.body.ends_with("}\n")) << "all of it";
}

}  // namespace
}  // namespace paynamed::api
