#include "seed_file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "paynamed/error.hpp"
#include "support.hpp"

namespace paynamed::sandbox {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;
using testing::write_file;

std::string refusal(const std::filesystem::path& path) {
  try {
    read_seed(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kFailedPrecondition);
    return error.message();
  }
  return "read";
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found {};
  EXPECT_EQ(::stat(path.c_str(), &found), 0);
  return found.st_mode & 07777;
}

TEST(SeedFile, is_made_once_for_its_owner_only_and_leaves_nothing_beside_it) {
  const TemporaryFolder folder;
  const auto path = folder / "seed";
  create_seed(path, [] { return Bytes32{1, 2, 3}; });
  EXPECT_EQ(mode_of(path), 0600U);
  create_seed(path, [] { return Bytes32{9}; });
  EXPECT_EQ(read_seed(path), (Bytes32{1, 2, 3})) << "an existing file stays";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(SeedFile, the_kernel_gives_different_bytes_each_time) {
  EXPECT_NE(system_random(), system_random());
}

TEST(SeedFile, wider_permissions_are_refused_with_the_command_that_mends_them) {
  const TemporaryFolder folder;
  const auto path = folder / "seed";
  create_seed(path, system_random);
  for (const mode_t mode : {0640U, 0604U, 0660U, 0601U, 0777U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_THAT(refusal(path), HasSubstr("chmod 600 " + path.string())) << std::oct << mode;
  }
  for (const mode_t mode : {0600U, 0400U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_EQ(refusal(path), "read") << std::oct << mode;
  }
}

TEST(SeedFile, another_size_is_refused) {
  const TemporaryFolder folder;
  const auto path = folder / "seed";
  for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{33}}) {
    write_file(path, std::string(size, 'x'));
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    EXPECT_THAT(refusal(path), HasSubstr("has " + std::to_string(size) + " bytes instead of 32"));
  }
}

TEST(SeedFile, what_is_no_plain_file_is_refused) {
  const TemporaryFolder folder;
  EXPECT_THAT(refusal(folder.path()), HasSubstr("not a plain file"));
  const auto pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(refusal(pipe), HasSubstr("not a plain file"));
  EXPECT_THAT(refusal(folder / "missing"), HasSubstr("No such file"));
}

TEST(SeedFile, a_missing_folder_is_named) {
  const TemporaryFolder folder;
  const auto path = folder / "nowhere/seed";
  try {
    create_seed(path, system_random);
    FAIL() << "made";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr(path.string()));
  }
}

}  // namespace
}  // namespace paynamed::sandbox
