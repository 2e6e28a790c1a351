#include "host/module.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace paynamed::host {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::filesystem::path kBroken = PAYNAMED_BROKEN_MODULES;
const std::filesystem::path kExamples = PAYNAMED_EXAMPLE_MODULES;

TEST(Module, LoadsAGoodOneOnce) {
  const auto module = load_module(kExamples / "memory_zone.so");
  ASSERT_TRUE(module) << module.error().message();
  EXPECT_EQ((*module)->name(), "memory_zone");
  EXPECT_EQ((*module)->version(), "1.0.0");
  EXPECT_EQ((*module)->contract(), "DnsProvider");
  EXPECT_EQ(load_module(kExamples / "." / "memory_zone.so").value(), *module);
}

struct Broken {
  const char* name;
  const char* says;
};

class BrokenModule : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenModule, IsRefusedWithItsFileAndWhatToDo) {
  const auto file = kBroken / (std::string(GetParam().name) + ".so");
  const auto module = load_module(file);
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().code(), base::Code::kFailedPrecondition);
  EXPECT_THAT(module.error().message(), AllOf(HasSubstr(file.string()), HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BrokenModule,
    ::testing::Values(
        Broken{"no_symbol", "it has no function paynamed_module()"}, Broken{"no_table", "gave nothing"},
        Broken{"wrong_major", "built for version 2 of the plugin ABI, this daemon has version 1"},
        Broken{"short_struct", "its table has 72 bytes, of which the ABI needs 80"},
        Broken{"null_function", "it has no function call"},
        Broken{"unknown_contract",
               "does not know its contract paynamed.plugin.v9.Oracle; it knows DnsProvider, NodeBackend, "
               "Notifier"},
        Broken{"other_name", "it calls itself \"acme\"; name the file acme.so"},
        Broken{"bad_schema", "The schema at /properties/server uses the keyword \"format\""},
        Broken{"missing_library", "it needs the library libpaynamed_gone.so, which is not installed"},
        Broken{"undefined_symbol", "paynamed_function_that_is_nowhere"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(Module, RefusesAFileThatIsNoSharedObject) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "paynamed_text_module.so";
  std::ofstream(file) << "this is text, and long enough to hold an ELF header, which it has not";
  const auto module = load_module(file);
  std::filesystem::remove(file);
  ASSERT_FALSE(module);
  EXPECT_THAT(module.error().message(), HasSubstr("is not a shared object for this machine"));
}

TEST(Module, SaysWhenThereIsNone) {
  EXPECT_THAT(load_module("/nowhere/acme.so").error().message(),
              HasSubstr("There is no module /nowhere/acme.so"));
  EXPECT_EQ(load_module(kExamples).error().code(), base::Code::kNotFound);
}

TEST(FindModule, LooksThroughTheDirectoriesInOrder) {
  EXPECT_EQ(find_module("memory_zone", {"/nowhere", kExamples}).value(), kExamples / "memory_zone.so");
  EXPECT_EQ(find_module("/opt/acme.so", {}).value(), "/opt/acme.so");
  EXPECT_THAT(find_module("memory_zonne", {kExamples}).error().message(),
              HasSubstr("did you mean \"memory_zone\"?"));
  EXPECT_THAT(find_module("acme", {}).error().message(), HasSubstr("none is configured"));
}

}  // namespace
}  // namespace paynamed::host
