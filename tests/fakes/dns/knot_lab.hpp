// KnotLab: a real knotd with a private signed root, for one test or one test suite. Starts scripts/dns-lab
// and ends the server with itself, also when the test program is killed.
//
// Threads: one thread at a time; the server ends when the thread that made it ends.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace paynamed::fakes {

class KnotLab {
 public:
  // Starts it and waits until it serves every zone. Throws std::runtime_error with what the script said.
  KnotLab();
  ~KnotLab();
  KnotLab(const KnotLab&) = delete;
  KnotLab& operator=(const KnotLab&) = delete;

  std::uint16_t port() const { return port_; }
  const std::vector<std::string>& addresses() const { return addresses_; }
  // "zone address@port", as scripts/dns-lab writes them.
  const std::vector<std::string>& stubs() const { return stubs_; }
  // An address that zone halfdown.test. names, where nothing listens.
  const std::string& dead_address() const { return dead_address_; }
  const std::filesystem::path& directory() const { return directory_; }
  std::filesystem::path anchor_file() const { return directory_ / "root.anchor"; }
  std::filesystem::path delv_anchor_file() const { return directory_ / "bind.keys"; }

  std::string tsig_name() const { return "paynamed."; }
  std::string tsig_algorithm() const { return "hmac-sha256"; }
  // Base64, as it was at the start.
  const std::string& tsig_secret() const { return tsig_secret_; }

  // The server alone changes its secret; restore_secret() goes back.
  void set_secret(const std::string& base64) const;
  void restore_secret() const;
  // What test. says of a signed zone below it: the DS record of its key ("right"), one of no key ("wrong"),
  // or none ("none").
  void set_ds(const std::string& zone, const std::string& what) const;
  // Ends the server at once (SIGKILL) and starts it again on the same port with the same zones.
  void restart();
  // The same, with the server's clock off by that, as "-3d" (libfaketime).
  void restart_at(const std::string& offset);
  // Ends the server; its port stays unused until restart().
  void kill();
  // SIGSTOP and SIGCONT: a server that takes packets and answers nothing.
  void pause() const;
  void resume() const;

  // What `knotc`-free outsiders do: adds or replaces one TXT through kdig's sibling knsupdate, with the lab's
  // key. Throws std::runtime_error when the server refuses.
  void put_txt(const std::string& zone, const std::string& name,
               const std::vector<std::string>& values) const;
  // One more TXT record beside those that stand there.
  void add_txt(const std::string& zone, const std::string& name, const std::string& value) const;
  // One TXT record of these character-strings.
  void put_txt_strings(const std::string& zone, const std::string& name,
                       const std::vector<std::string>& strings) const;
  void remove_txt(const std::string& zone, const std::string& name) const;

  // What the operator of the server does; each throws std::runtime_error with what the server said.
  //
  // One more signed zone below test., with one NS record and address each of `servers` and its DS record at
  // the parent; known to stubs() at these addresses. `policy` is one of those in scripts/dns-lab, or
  // "unsigned".
  void add_zone(const std::string& zone, const std::string& policy, const std::vector<std::string>& servers);
  // In one transaction: "set OWNER TTL TYPE DATA" adds a record, "unset OWNER TYPE" removes all of the type.
  void edit(const std::string& zone, const std::vector<std::string>& changes) const;
  // An unsigned zone that was added is signed, and its DS record put at the parent.
  void sign_zone(const std::string& zone) const;
  // The server takes up changed keys, or signs all of the zone anew.
  void load_keys(const std::string& zone) const;
  void sign_anew(const std::string& zone) const;
  // Runs `keymgr ZONE words...` and returns what it prints.
  std::string keymgr(const std::string& zone, const std::string& words) const;
  // "TAG ALGORITHM 2 DIGEST" of each key of the zone, by tag.
  std::map<std::string, std::string> delegation_signers(const std::string& zone) const;

 private:
  void start_again(const std::string& option);
  void control(const std::string& words) const;
  void update(const std::string& zone, const std::string& lines) const;

  std::filesystem::path directory_;
  std::uint16_t port_ = 0;
  std::vector<std::string> addresses_;
  std::vector<std::string> stubs_;
  std::string dead_address_;
  std::string tsig_secret_;
  pid_t pid_ = -1;
};

}  // namespace paynamed::fakes
