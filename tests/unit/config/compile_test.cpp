#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "pipeline/compiled.hpp"
#include "pipeline/reference.hpp"
#include "pipeline/step_kind.hpp"

namespace paynamed::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Instances = std::map<std::string, KnownInstance, std::less<>>;
using Pipelines = std::map<std::string, CompiledPipeline, std::less<>>;

const std::string kNode{kNodeBackendContract};
const std::string kZone{kDnsProviderContract};

// Compiles `text` behind a [daemon] table; `complaints` gets what is said.
Pipelines compiled(const std::string& text, const Instances& instances, std::string& complaints) {
  config::Diagnostics diagnostics;
  const std::string source = "[daemon]\nstate = \"a.db\"\n" + text;
  const config::Config config = config::parse(source, "f", diagnostics);
  Pipelines pipelines = compile(config, instances, diagnostics);
  complaints = render(diagnostics, "f", source);
  return pipelines;
}

std::vector<std::string> kinds(const CompiledPipeline& pipeline) {
  std::vector<std::string> kinds;
  for (const CompiledStep& step : pipeline.steps) kinds.push_back(step.kind);
  return kinds;
}

TEST(BuiltIn, PipelinesAreRightAndUseTheOnlyNode) {
  std::string complaints;
  const Pipelines pipelines = compiled("", {{"n", {kNode, false}}, {"old", {kNode, true}}}, complaints);
  EXPECT_EQ(complaints, "");
  ASSERT_EQ(pipelines.size(), 5U);
  EXPECT_THAT(kinds(pipelines.at("register")), ElementsAre("domain.check", "node.provision", "offer.create",
                                                           "dns.publish", "dns.await", "name.prove"));
  EXPECT_THAT(kinds(pipelines.at("set_source")),
              ElementsAre("domain.check", "node.provision", "offer.create", "dns.publish", "dns.await",
                          "name.prove", "offer.disable"));
  EXPECT_THAT(kinds(pipelines.at("rotate")), ElementsAre("domain.check", "offer.create", "dns.publish",
                                                         "dns.await", "name.prove", "offer.disable"));
  EXPECT_THAT(kinds(pipelines.at("remove")), ElementsAre("dns.withdraw", "offer.disable"));
  EXPECT_THAT(kinds(pipelines.at("repair")),
              ElementsAre("domain.check", "dns.publish", "dns.await", "name.prove"));
  for (const CompiledStep& step : pipelines.at("repair").steps) {
    EXPECT_EQ(step.on_exhausted, config::Step::OnExhausted::kCompensate) << step.id;
  }
  EXPECT_EQ(pipelines.at("register").steps[1].instance, "n");
  EXPECT_EQ(pipelines.at("register").steps[2].instance, "n");
  EXPECT_EQ(pipelines.at("register").steps[3].instance, "") << "the domain's";
}

// As an operator would see the built-in text in a file of their own: it keeps all rules.
TEST(BuiltIn, TextPassesItsOwnCheck) {
  std::string text{built_in_toml()};
  for (const std::string_view kind : {"node.provision", "offer.create"}) {
    const std::string line = "do = \"" + std::string{kind} + "\"\n";
    for (std::size_t at = text.find(line); at != text.npos; at = text.find(line, at + 1)) {
      text.insert(at + line.size(), "with = \"n\"\n");
    }
  }
  std::string complaints;
  const Pipelines written = compiled(text, {{"n", {kNode, false}}}, complaints);
  EXPECT_EQ(complaints, "");
  EXPECT_EQ(written, compiled("", {{"n", {kNode, false}}}, complaints));
}

TEST(BuiltIn, WithoutANodeStepsHaveNoInstance) {
  std::string complaints;
  const Pipelines pipelines = compiled("", {{"z", {kZone, false}}}, complaints);
  EXPECT_EQ(complaints, "");
  EXPECT_EQ(pipelines.at("register").steps[1].instance, "");
}

TEST(BuiltIn, WithSeveralNodesAskWhichOnlyWhenTheyAreUsed) {
  const std::string plugins = "[plugins.b]\nmodule = \"m\"\n[plugins.a]\nmodule = \"m\"\n";
  const Instances instances = {{"a", {kNode, false}}, {"b", {kNode, false}}};
  std::string complaints;
  (void)compiled(plugins, instances, complaints);
  EXPECT_THAT(complaints, HasSubstr("f:5:10: error: there are several nodes (b, a)"));
  const Pipelines chosen = compiled("default_node = \"b\"\n" + plugins, instances, complaints);
  EXPECT_EQ(complaints, "");
  EXPECT_EQ(chosen.at("rotate").steps[1].instance, "b");
}

TEST(Compile, TypesArgumentsAndSplitsReferences) {
  std::string complaints;
  std::string text;
  for (const auto& [id, kind, rest] : std::vector<std::array<std::string, 3>>{
           {"check", "domain.check", ""},
           {"node", "node.provision", "with = \"n\""},
           {"offer", "offer.create",
            "with = \"n\"\nargs = { description = \"$$5 for ${user} at ${steps.node.node_id}$\", amount_msat "
            "= 5, "
            "expires_in = \"30d\" }\nretry = { attempts = 3, first = \"1s\", max = \"2s\" }\n"
            "timeout = \"7s\"\ndeadline = \"8s\"\non_exhausted = \"compensate\""},
           {"publish", "dns.publish", ""},
           {"await", "dns.await", ""},
           {"prove", "name.prove", ""}}) {
    text += "[[pipelines.register.steps]]\nid = \"" + id + "\"\ndo = \"" + kind + "\"\n" + rest + "\n";
  }
  const Pipelines pipelines = compiled(text, {{"n", {kNode, false}}}, complaints);
  EXPECT_EQ(complaints, "");
  const CompiledStep& step = pipelines.at("register").steps.at(2);
  EXPECT_EQ(step.instance, "n");
  EXPECT_EQ(
      step.args.at("description"),
      (CompiledValue{std::vector<TextPart>{
          {false, "$5 for "}, {true, "user"}, {false, " at "}, {true, "steps.node.node_id"}, {false, "$"}}}));
  EXPECT_EQ(step.args.at("amount_msat"), CompiledValue{std::int64_t{5}});
  EXPECT_EQ(step.args.at("expires_in"), CompiledValue{base::Duration{std::chrono::hours{30 * 24}}});
  EXPECT_EQ(step.retry, (config::Retry{3, base::Duration{1'000}, base::Duration{2'000}}));
  EXPECT_EQ(step.timeout, base::Duration{7'000});
  EXPECT_EQ(step.deadline, base::Duration{8'000});
  EXPECT_EQ(step.on_exhausted, config::Step::OnExhausted::kCompensate);
}

TEST(CompiledPipeline, GoesToAnotherNodeWithItsNodeStepsAlone) {
  std::string complaints;
  for (const std::string text : {"", "[plugins.a]\nmodule = \"m\"\n"}) {
    const Instances instances = text.empty() ? Instances{{"b", {kNode, true}}}
                                             : Instances{{"a", {kNode, false}}, {"b", {kNode, false}}};
    const Pipelines pipelines =
        compiled(text.empty() ? text : "default_node = \"a\"\n" + text, instances, complaints);
    const CompiledPipeline& before = pipelines.at("set_source");
    const CompiledPipeline moved = before.at_node("b");
    ASSERT_EQ(moved.steps.size(), before.steps.size());
    for (std::size_t i = 0; i < moved.steps.size(); ++i) {
      CompiledStep expected = before.steps[i];
      if (expected.kind == "node.provision" || expected.kind == "offer.create") expected.instance = "b";
      EXPECT_EQ(moved.steps[i], expected) << expected.kind;
    }
    const auto stored = CompiledPipeline::from_json(moved.to_json());
    ASSERT_TRUE(stored);
    EXPECT_EQ(*stored, moved) << "a run keeps where it takes place";
  }
}

TEST(Text, IsSplitIntoLiteralsAndReferences) {
  const ParsedText parsed = parse_text("$$5 $x ${user}${steps.a.b}$");
  EXPECT_TRUE(parsed.mistakes.empty());
  EXPECT_EQ(parsed.parts,
            (std::vector<TextPart>{{false, "$5 $x "}, {true, "user"}, {true, "steps.a.b"}, {false, "$"}}));
  EXPECT_TRUE(parse_text("").parts.empty());
  EXPECT_EQ(parse_text("$${name}").parts, (std::vector<TextPart>{{false, "${name}"}}));
  const ParsedText wrong = parse_text("a ${ ${b} ${}");
  ASSERT_EQ(wrong.mistakes.size(), 2U);
  EXPECT_EQ(wrong.mistakes[0].offset, 2U);
  EXPECT_EQ(wrong.mistakes[1].offset, 10U);
}

TEST(Expand, PutsValuesForReferences) {
  const auto lookup = [](const std::string& path) -> base::Result<std::string> {
    if (path == "user") return std::string{"alice"};
    return base::fail(base::not_found("no " + path));
  };
  EXPECT_EQ(expand(parse_text("for ${user}!").parts, lookup).value(), "for alice!");
  EXPECT_EQ(expand(parse_text("${owner}").parts, lookup).error().message(), "no owner");
}

CompiledPipeline everything() {
  CompiledPipeline pipeline;
  pipeline.name = "register";
  CompiledStep step;
  step.id = "offer";
  step.kind = "offer.create";
  step.instance = "node";
  step.args = {{"description", std::vector<TextPart>{{false, "Pay \"\n\u20ac"}, {true, "steps.a.b"}}},
               {"amount_msat", std::int64_t{2'100'000'000'000'000'000}},
               {"yes", true},
               {"empty", std::vector<TextPart>{}},
               {"expires_in", base::Duration{5}}};
  step.timeout = base::Duration{1};
  step.deadline = base::Duration{2};
  step.retry = {100, base::Duration{3}, base::Duration{4}};
  step.on_exhausted = config::Step::OnExhausted::kCompensate;
  pipeline.steps = {step};
  return pipeline;
}

TEST(Snapshot, ReadsBackAsItWas) {
  const CompiledPipeline pipeline = everything();
  const base::Result<CompiledPipeline> again = CompiledPipeline::from_json(pipeline.to_json());
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
  EXPECT_EQ(*again, pipeline);
  EXPECT_THAT(pipeline.to_json(), HasSubstr("\"format\":1"));
}

// Runs survive upgrades: what version 1 wrote must be read for ever.
TEST(Snapshot, OfFormatOneIsReadAsItWasWritten) {
  const base::Result<CompiledPipeline> pipeline = CompiledPipeline::from_json(
      R"({"format":1,"name":"remove","steps":[{"id":"withdraw","kind":"dns.withdraw","instance":"","args":{
      "a":{"text":[{"literal":"x"},{"reference":"name"}]},"b":{"integer":-1},"c":{"boolean":true},
      "d":{"duration_ms":7}},"timeout_ms":10000,"deadline_ms":3600000,
      "retry":{"attempts":5,"first_ms":200,"max_ms":30000},"on_exhausted":"pause"}]})");
  ASSERT_TRUE(pipeline.has_value()) << pipeline.error().to_string();
  EXPECT_EQ(pipeline->name, "remove");
  ASSERT_EQ(pipeline->steps.size(), 1U);
  EXPECT_EQ(pipeline->steps[0].retry, config::Retry{});
  EXPECT_EQ(pipeline->steps[0].args.at("d"), CompiledValue{base::Duration{7}});
}

TEST(Snapshot, ThatIsDamagedIsDataLoss) {
  const std::string good = everything().to_json();
  const std::vector<std::pair<std::string, std::string>> damages = {
      {"\"format\":1", "\"format\":2"},
      {"\"format\":1", "\"format\":\"1\""},
      {"\"name\":\"register\"", "\"name\":7"},
      {"\"timeout_ms\":1", "\"timeout_ms\":0"},
      {"\"timeout_ms\":1", "\"timeout_ms\":3"},
      {"\"attempts\":100", "\"attempts\":101"},
      {"\"attempts\":100", "\"attempts\":1e2"},
      {"\"first_ms\":3", "\"first_ms\":5"},
      {"\"compensate\"", "\"forget\""},
      {"\"integer\"", "\"whole\""},
      {"{\"boolean\":true}", "{\"boolean\":1}"},
      {"{\"boolean\":true}", "{}"},
      {"{\"boolean\":true}", "true"},
      {"{\"literal\":", "{\"figural\":"},
      {"\"retry\":{", "\"retry\":7,\"x\":{"},
      {"\"steps\":[", "\"steps\":[7,"},
      {"\"duration_ms\":5", "\"duration_ms\":-5"},
      {"\"args\":{", "\"args\":[{"},
  };
  for (const auto& [from, to] : damages) {
    std::string text = good;
    ASSERT_NE(text.find(from), text.npos) << from;
    text.replace(text.find(from), from.size(), to);
    const base::Result<CompiledPipeline> read = CompiledPipeline::from_json(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code(), base::Code::kDataLoss);
  }
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(CompiledPipeline::from_json(std::string_view{good}.substr(0, length)).has_value());
  }
  EXPECT_FALSE(CompiledPipeline::from_json(std::string(100'000, '[')).has_value());
  EXPECT_FALSE(CompiledPipeline::from_json(std::string(2'000'000, ' ')).has_value());
}

TEST(StepKinds, HaveDistinctNamesAndSaneArguments) {
  std::set<std::string_view> names;
  for (const StepKind& kind : step_kinds()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
    EXPECT_FALSE(kind.meaning.empty());
    for (const Argument& argument : kind.arguments) EXPECT_LE(argument.min, argument.max) << argument.name;
  }
  EXPECT_EQ(find_step_kind("dns.publish")->name, "dns.publish");
  EXPECT_EQ(find_step_kind("dns.publis"), nullptr);
}

}  // namespace
}  // namespace paynamed::pipeline
