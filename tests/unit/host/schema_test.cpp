#include "host/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace paynamed::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

boost::json::object object(std::string_view text) {
  return boost::json::parse(text).as_object();
}

constexpr std::string_view kSchema = R"({
  "type": "object",
  "properties": {
    "server": {"type": "string", "pattern": "^[a-z.:0-9]+$"},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
    "rate": {"type": "number", "minimum": 0.5},
    "tcp": {"type": "boolean"},
    "algorithm": {"type": "string", "enum": ["hmac-sha256", "hmac-sha512"]},
    "names": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    "token": {"secret": true},
    "tsig": {
      "type": "object",
      "properties": {"name": {"type": "string"}, "key": {"secret": true, "description": "base64"}},
      "required": ["name", "key"]
    },
    "zones": {"type": "object", "additionalProperties": {"type": "object", "properties": {"ttl": {"type": "integer"}}}},
    "free": {"type": "object", "additionalProperties": true},
    "keys": {"type": "array", "items": {"type": "object", "properties": {"secret": {"secret": true}}}}
  },
  "required": ["server"]
})";

class SchemaTest : public ::testing::Test {
 protected:
  std::vector<SchemaProblem> check(std::string_view table) { return schema_.check(object(table)); }
  Schema schema_ = Schema::parse(kSchema).value();
};

TEST_F(SchemaTest, TakesAGoodTable) {
  EXPECT_THAT(
      check(R"({"server": "a", "port": 53, "rate": 1, "tcp": true, "algorithm": "hmac-sha256", "names": ["x"],
                        "token": {"env": "T"}, "tsig": {"name": "k", "key": {"file": "/run/k"}},
                        "zones": {"example.": {"ttl": 5}}, "free": {"any": [1]}, "keys": [{"secret": {"env": "K"}}]})"),
      IsEmpty());
}

struct Case {
  const char* table;
  SchemaProblem problem;
};

class SchemaMistake : public SchemaTest, public ::testing::WithParamInterface<Case> {};

TEST_P(SchemaMistake, IsReportedAtItsPlace) {
  EXPECT_THAT(check(GetParam().table), ElementsAre(GetParam().problem));
}

constexpr const char* kSecretMessage =
    "a secret does not stand in the file itself: write { env = \"NAME\" } or { file = \"path\" }";

INSTANTIATE_TEST_SUITE_P(
    All, SchemaMistake,
    ::testing::Values(
        Case{R"({"sever": "a", "server": "b"})", {"/sever", true, "\"sever\" is not a known key", ""}},
        Case{R"({"server": "a", "prot": 1})", {"/prot", true, "\"prot\" is not a known key", "port"}},
        Case{R"({"server": "a", "xyz": 1})", {"/xyz", true, "\"xyz\" is not a known key", ""}},
        Case{R"({"server": "a", "a/b~c": 1})", {"/a~1b~0c", true, "\"a/b~c\" is not a known key", ""}},
        Case{R"({})",
             {"", false, "\"server\" is missing; it must be a string that matches ^[a-z.:0-9]+$", ""}},
        Case{R"({"server": 5})", {"/server", false, "must be a string that matches ^[a-z.:0-9]+$", ""}},
        Case{R"({"server": "A B"})", {"/server", false, "must be a string that matches ^[a-z.:0-9]+$", ""}},
        Case{R"({"server": "a", "port": 0})",
             {"/port", false, "must be a whole number between 1 and 65535", ""}},
        Case{R"({"server": "a", "port": "53"})",
             {"/port", false, "must be a whole number between 1 and 65535", ""}},
        Case{R"({"server": "a", "port": 5.5})",
             {"/port", false, "must be a whole number between 1 and 65535", ""}},
        Case{R"({"server": "a", "rate": 0.1})", {"/rate", false, "must be a number of at least 5E-1", ""}},
        Case{R"({"server": "a", "tcp": "yes"})", {"/tcp", false, "must be true or false", ""}},
        Case{R"({"server": "a", "algorithm": "hmac-sha265"})",
             {"/algorithm", false, "must be one of \"hmac-sha256\", \"hmac-sha512\"", "hmac-sha256"}},
        Case{R"({"server": "a", "names": ["x", 1]})", {"/names/1", false, "must be a string", ""}},
        Case{R"({"server": "a", "names": []})",
             {"/names", false, "must be a list whose items are each a string, of at least 1 items", ""}},
        Case{R"({"server": "a", "token": "s3cret"})", {"/token", false, kSecretMessage, "", true}},
        Case{R"({"server": "a", "token": {"env": "A", "file": "b"}})",
             {"/token", false, kSecretMessage, "", true}},
        Case{R"({"server": "a", "token": {"env": ""}})", {"/token", false, kSecretMessage, "", true}},
        Case{R"({"server": "a", "token": {"vault": "x"}})", {"/token", false, kSecretMessage, "", true}},
        Case{R"({"server": "a", "tsig": {"name": "k"}})",
             {"/tsig", false,
              "\"key\" is missing; it is a secret: write { env = \"NAME\" } or { file = \"path\" }", ""}},
        Case{R"({"server": "a", "tsig": "x"})", {"/tsig", false, "must be a table", "", true}},
        Case{R"({"server": "a", "zones": {"example.": {"tll": 5}}})",
             {"/zones/example./tll", true, "\"tll\" is not a known key", "ttl"}},
        Case{R"({"server": "a", "zones": {"example.": {"ttl": "5"}}})",
             {"/zones/example./ttl", false, "must be a whole number", ""}},
        Case{R"({"server": "a", "keys": [{"secret": {"env": "K"}}, {"secret": 1}]})",
             {"/keys/1/secret", false, kSecretMessage, "", true}}));

TEST_F(SchemaTest, ReportsAllMistakesInOnePass) {
  const auto problems = check(R"({"prot": 1, "port": 0, "tcp": 1, "token": "x"})");
  std::vector<std::string> paths;
  for (const auto& problem : problems) paths.push_back(problem.path);
  EXPECT_THAT(paths, ElementsAre("", "/port", "/prot", "/tcp", "/token"));
}

TEST_F(SchemaTest, NeverRepeatsASecretThatStandsInTheFile) {
  for (const auto& problem : check(R"({"server": "a", "token": "s3cret-value"})")) {
    EXPECT_EQ((problem.message + problem.suggestion).find("s3cret"), std::string::npos);
  }
}

TEST(Schema, SaysWhichOfSeveralKeysIsNeeded) {
  const auto schema = Schema::parse(R"({"properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                                        "oneOf": [{"required": ["a"]}, {"required": ["b"]}]})")
                          .value();
  EXPECT_THAT(schema.check(object("{}")),
              ElementsAre(SchemaProblem{"", false, "needs exactly one of \"a\" or \"b\"", ""}));
  EXPECT_THAT(schema.check(object(R"({"a": "1", "b": "2"})")),
              ElementsAre(SchemaProblem{"", false, "needs exactly one of \"a\" or \"b\"", ""}));
  EXPECT_THAT(schema.check(object(R"({"a": "1"})")), IsEmpty());
}

TEST(Schema, AnEmptyOneKnowsNoKeys) {
  EXPECT_EQ(Schema::parse("{}").value().check(object(R"({"a": 1})")).size(), 1U);
}

TEST_F(SchemaTest, ReplacesSecretsByHandles) {
  std::vector<std::string> places;
  const auto table = schema_.replace_secrets(
      object(R"({"server": "a", "token": {"env": "T"}, "tsig": {"name": "k", "key": {"file": "f"}},
                 "keys": [{"secret": {"env": "K"}}]})"),
      [&](const std::string& path, const SecretSource& source) {
        places.push_back(path + " " + source.to_string());
        return "handle" + std::to_string(places.size());
      });
  EXPECT_EQ(
      boost::json::serialize(table),
      R"({"server":"a","token":"handle1","tsig":{"name":"k","key":"handle2"},"keys":[{"secret":"handle3"}]})");
  EXPECT_THAT(places, ElementsAre("/token env \"T\"", "/tsig/key file \"f\"", "/keys/0/secret env \"K\""));
}

TEST(Schema, RefusesWhatItWouldNotCheck) {
  const std::pair<const char*, const char*> kCases[] = {
      {"[]", "not a JSON object"},
      {"{", "not JSON"},
      {R"({"type": "string"})", "must be of the type \"object\""},
      {R"({"properties": {"a": {"format": "ipv4"}}})",
       "The schema at /properties/a uses the keyword \"format\""},
      {R"({"properties": {"a": {"$ref": "#/x"}}})", "\"$ref\""},
      {R"({"patternProperties": {}})", "\"patternProperties\""},
      {R"({"properties": {"a": {"items": [{"type": "string"}]}}})", "one schema for all items"},
      {R"({"properties": {"a": {"secret": true, "minLength": 3}}})", "of a secret"},
      {R"({"properties": {"a": {"secret": "yes"}}})", "not true or false"},
      {R"({"anyOf": [{"properties": {"a": {"secret": true}}}]})", "inside of an alternative"},
      {R"({"properties": {"a": {"type": "string", "pattern": "("}}})", "not a regular expression"},
      {R"({"properties": {"a": 5}})", "is not a schema"},
      {R"({"properties": {"a": {"minimum": "x"}}})", "not a draft-07 schema"},
  };
  for (const auto& [text, expected] : kCases) {
    const auto schema = Schema::parse(text);
    ASSERT_FALSE(schema) << text;
    EXPECT_EQ(schema.error().code(), base::Code::kInvalidArgument);
    EXPECT_THAT(schema.error().message(), HasSubstr(expected));
  }
}

TEST_F(SchemaTest, HidesWhereASecretMayStand) {
  const struct {
    const char* table;
    bool hide;
  } cases[] = {
      {R"({"server": "a", "token": "plain"})", true},
      {R"({"server": "a", "tokn": "plain"})", true},
      {R"({"server": "a", "tsig": "plain"})", true},
      {R"({"server": "a", "tsig": {"name": "k", "base64": "plain"}})", true},
      {R"({"server": "a", "tsig": {"name": 1, "key": {"env": "K"}}})", false},
      {R"({"server": "a", "prt": 53})", false},
      {R"({"server": "a", "port": "53"})", false},
  };
  for (const auto& each : cases) {
    bool hide = false;
    const auto problems = check(each.table);
    EXPECT_THAT(problems, Not(IsEmpty())) << each.table;
    for (const SchemaProblem& problem : problems) {
      hide = hide || problem.hide;
      EXPECT_THAT(problem.message, Not(HasSubstr("plain"))) << each.table;
    }
    EXPECT_EQ(hide, each.hide) << each.table;
  }
}

}  // namespace
}  // namespace paynamed::host
