#include "tests/fakes/dns/knot_lab.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace paynamed::fakes {
namespace {

constexpr const char* kScript = PAYNAMED_SOURCE_DIR "/scripts/dns-lab";

struct Started {
  pid_t pid = -1;
  int output = -1;  // both streams of the child
  int input = -1;
};

// The child ends with this thread. `argv` is complete and null-terminated.
Started spawn(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int out[2];
  int in[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(in, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    dup2(out[1], 1);
    dup2(out[1], 2);
    dup2(in[0], 0);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(out[1]);
  close(in[0]);
  return {pid, out[0], in[1]};
}

std::string read_all(int from) {
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(from, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  close(from);
  return text;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Runs to the end with `input` on stdin and returns its output; throws with it when it fails.
std::string run(std::vector<std::string> words, const std::string& input = {}) {
  const std::string name = words.front();
  const Started child = spawn(std::move(words));
  if (write(child.input, input.data(), input.size()) < 0) throw std::runtime_error("cannot write to " + name);
  close(child.input);
  const std::string output = read_all(child.output);
  if (const int code = wait_for(child.pid); code != 0) {
    throw std::runtime_error(fmt::format("{} ended with {}: {}", name, code, output));
  }
  return output;
}

// All threads of the process; also when there is no such process.
bool is_stopped(pid_t pid) {
  std::error_code none;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), none)) {
    std::ifstream file(thread.path() / "stat");
    std::string stat;
    std::getline(file, stat);
    // "number (name) state ..."
    const std::size_t name_end = stat.rfind(')');
    if (name_end != stat.npos && stat.compare(name_end, 3, ") T") != 0) return false;
  }
  return true;
}

std::vector<std::string> split(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

KnotLab::KnotLab() {
  std::string pattern = (std::filesystem::temp_directory_path() / "paynamed-dns-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed for " + pattern);
  directory_ = pattern;
  const Started child = spawn({kScript, "start", "--foreground", directory_.string()});
  pid_ = child.pid;
  close(child.input);
  // Ends when the script has reported; knotd itself writes to its log.
  const std::string said = read_all(child.output);
  try {
    const auto lab = boost::json::parse(text_of(directory_ / "lab.json")).as_object();
    port_ = lab.at("port").to_number<std::uint16_t>();
    for (const auto& each : lab.at("addresses").as_array()) addresses_.emplace_back(each.as_string());
    for (const auto& each : lab.at("stubs").as_array()) stubs_.emplace_back(each.as_string());
    dead_address_ = std::string{lab.at("dead_address").as_string()};
    tsig_secret_ = text_of(directory_ / "tsig.secret");
    tsig_secret_.erase(tsig_secret_.find_last_not_of('\n') + 1);
  } catch (const std::exception& error) {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
    throw std::runtime_error(fmt::format("the DNS lab did not start ({}): {}", error.what(), said));
  }
}

KnotLab::~KnotLab() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void KnotLab::set_secret(const std::string& base64) const {
  run({kScript, "set-secret", directory_.string(), base64});
}
void KnotLab::restore_secret() const {
  run({kScript, "restore-secret", directory_.string()});
}

void KnotLab::set_ds(const std::string& zone, const std::string& what) const {
  run({kScript, "set-ds", directory_.string(), zone, what});
}

void KnotLab::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait_for(pid_);
  pid_ = -1;
}

void KnotLab::restart() {
  start_again("--foreground");
}
void KnotLab::restart_at(const std::string& offset) {
  start_again("--faketime=" + offset);
}

void KnotLab::start_again(const std::string& option) {
  kill();
  const Started child = spawn({kScript, "restart", "--foreground", option, directory_.string()});
  pid_ = child.pid;
  close(child.input);
  const std::string said = read_all(child.output);
  if (said.find("ready again") == std::string::npos)
    throw std::runtime_error("the DNS lab did not restart: " + said);
}

void KnotLab::pause() const {
  ::kill(pid_, SIGSTOP);
  // A thread on another processor may still answer a question.
  while (!is_stopped(pid_)) std::this_thread::sleep_for(std::chrono::milliseconds{1});
}
void KnotLab::resume() const {
  ::kill(pid_, SIGCONT);
}

void KnotLab::update(const std::string& zone, const std::string& lines) const {
  run({"knsupdate", "-v", "-y", fmt::format("{}:{}:{}", tsig_algorithm(), tsig_name(), tsig_secret_)},
      fmt::format("server {} {}\nzone {}\n{}send\n", addresses_.front(), port_, zone, lines));
}

void KnotLab::put_txt(const std::string& zone, const std::string& name,
                      const std::vector<std::string>& values) const {
  std::string lines = fmt::format("del {} TXT\n", name);
  for (const auto& value : values) {
    lines += fmt::format("add {} 60 TXT", name);
    for (std::size_t at = 0; at < value.size(); at += 255)
      lines += fmt::format(" \"{}\"", value.substr(at, 255));
    lines += '\n';
  }
  update(zone, lines);
}

void KnotLab::add_txt(const std::string& zone, const std::string& name, const std::string& value) const {
  update(zone, fmt::format("add {} 60 TXT \"{}\"\n", name, value));
}

void KnotLab::put_txt_strings(const std::string& zone, const std::string& name,
                              const std::vector<std::string>& strings) const {
  std::string lines = fmt::format("del {0} TXT\nadd {0} 60 TXT", name);
  for (const auto& each : strings) lines += fmt::format(" \"{}\"", each);
  update(zone, lines + "\n");
}

void KnotLab::remove_txt(const std::string& zone, const std::string& name) const {
  update(zone, fmt::format("del {} TXT\n", name));
}

void KnotLab::add_zone(const std::string& zone, const std::string& policy,
                       const std::vector<std::string>& servers) {
  std::vector<std::string> words{kScript, "add-zone", directory_.string(), zone};
  if (policy == "unsigned") {
    words.push_back("--unsigned");
  } else {
    words.insert(words.end(), {"--policy", policy});
  }
  for (const std::string& server : servers) {
    words.insert(words.end(), {"--server", server});
    stubs_.push_back(fmt::format("{} {}@{}", zone, server, port_));
  }
  run(std::move(words));
}

void KnotLab::edit(const std::string& zone, const std::vector<std::string>& changes) const {
  control("zone-begin " + zone);
  try {
    for (const std::string& change : changes) {
      const std::size_t blank = change.find(' ');
      control(fmt::format("zone-{} {} {}", change.substr(0, blank), zone, change.substr(blank + 1)));
    }
    control("zone-commit " + zone);
  } catch (const std::exception&) {
    control("zone-abort " + zone);
    throw;
  }
}

void KnotLab::sign_zone(const std::string& zone) const {
  run({kScript, "sign-zone", directory_.string(), zone});
}
void KnotLab::load_keys(const std::string& zone) const {
  control("zone-keys-load " + zone);
}
void KnotLab::sign_anew(const std::string& zone) const {
  control("zone-sign " + zone);
}

void KnotLab::control(const std::string& words) const {
  std::vector<std::string> argv{"knotc", "-b", "-s", (directory_ / "knot.sock").string()};
  for (std::string& word : split(words)) argv.push_back(std::move(word));
  run(std::move(argv));
}

std::string KnotLab::keymgr(const std::string& zone, const std::string& words) const {
  std::vector<std::string> argv{"keymgr", "-c", (directory_ / "knot.conf").string(), zone};
  for (std::string& word : split(words)) argv.push_back(std::move(word));
  return run(std::move(argv));
}

std::map<std::string, std::string> KnotLab::delegation_signers(const std::string& zone) const {
  std::map<std::string, std::string> signers;
  std::istringstream lines(keymgr(zone, "ds"));
  for (std::string line; std::getline(lines, line);) {
    const auto words = split(line);
    // "zone DS tag algorithm type digest"; type 2 is SHA-256.
    if (words.size() == 6 && words[4] == "2")
      signers[words[2]] = fmt::format("{} {} 2 {}", words[2], words[3], words[5]);
  }
  return signers;
}

}  // namespace paynamed::fakes
