#include "tests/fakes/cln/fake_cln.hpp"

#include <stdlib.h>

#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>

#include "tests/fakes/daemon/http_client.hpp"

namespace paynamed::fakes {
namespace json = boost::json;

FakeCln::Folder::Folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "paynamed-cln-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path = pattern;
}

FakeCln::Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

std::vector<std::string> FakeCln::words(const Folder& folder, const std::string& seed, Doors doors) {
  std::vector<std::string> words{"/usr/bin/python3", PAYNAMED_FAKE_CLN, folder.path.string(), "--seed", seed};
  if (doors == Doors::kGrpcToo) words.emplace_back("--grpc");
  return words;
}

FakeCln::FakeCln(const std::string& seed, Doors doors) : child_(words(folder_, seed, doors)) {
  if (!child_.wait_for_text({"\n"}, std::chrono::seconds(30))) {
    throw std::runtime_error("the fake of Core Lightning did not begin: " + child_.errors());
  }
  told_ = json::parse(child_.output()).as_object();
}

FakeCln::~FakeCln() = default;

std::string FakeCln::url() const {
  return "https://localhost:" + std::to_string(told_.at("rest").as_int64());
}

std::string FakeCln::grpc_address() const {
  return "127.0.0.1:" + std::to_string(told_.at("grpc").as_int64());
}

std::string FakeCln::write(const std::string& name, const std::string& text) const {
  std::ofstream(file(name), std::ios::binary) << text;
  return file(name);
}

json::value FakeCln::control(const std::string& what, const json::object& body) const {
  const HttpClient client(static_cast<std::uint16_t>(told_.at("control").as_int64()));
  const auto reply = client.send("POST", "/" + what, json::serialize(body));
  if (reply.status != 200) throw std::runtime_error("the fake refused " + what + ": " + reply.body);
  return reply.json();
}

std::int64_t FakeCln::count(const std::string& method) const {
  const auto counters = control("counters");
  const auto* found = counters.as_object().if_contains(method);
  return found == nullptr ? 0 : found->as_int64();
}

}  // namespace paynamed::fakes
