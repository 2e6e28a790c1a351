// FakeCln: fake_cln.py as a child process in a folder of its own, and its controls. It ends with its object.
//
// Threads: every function may be called from any thread.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/fakes/daemon/child.hpp"

namespace paynamed::fakes {

class FakeCln {
 public:
  enum class Doors { kSocketAndRest, kGrpcToo };
  // `seed` makes the node's id. Throws std::runtime_error when it does not begin to listen.
  explicit FakeCln(const std::string& seed = "alice", Doors doors = Doors::kSocketAndRest);
  FakeCln(const FakeCln&) = delete;
  FakeCln& operator=(const FakeCln&) = delete;
  ~FakeCln();

  // For the plugin's settings.
  std::string socket() const { return file("lightning-rpc"); }
  std::string url() const;
  std::string ca() const { return file("ca.pem"); }
  // Doors::kGrpcToo.
  std::string grpc_address() const;
  // The file of that name: "client", "client-key"; "expired" is of a client whose time is over.
  std::string pem(const std::string& name) const { return file(name + ".pem"); }
  // Limited to what a payee needs; without limits; of another node.
  std::string rune() const { return told("rune"); }
  std::string master_rune() const { return told("master_rune"); }
  std::string foreign_rune() const { return told("foreign_rune"); }
  std::string id() const { return told("id"); }
  // A file with that text, in its folder.
  std::string write(const std::string& name, const std::string& text) const;

  // What control_door.py knows. Throws std::runtime_error when the fake says no.
  boost::json::value control(const std::string& what, const boost::json::object& body = {}) const;
  // A fault as faults.py has it.
  void order(const boost::json::object& fault) const { control("fault", fault); }
  // How often that method was called.
  std::int64_t count(const std::string& method) const;

 private:
  struct Folder {
    Folder();
    ~Folder();
    std::filesystem::path path;
  };
  static std::vector<std::string> words(const Folder& folder, const std::string& seed, Doors doors);
  std::string file(const std::string& name) const { return (folder_.path / name).string(); }
  std::string told(const char* key) const { return std::string(told_.at(key).as_string()); }

  Folder folder_;
  Child child_;
  boost::json::object told_;
};

}  // namespace paynamed::fakes
