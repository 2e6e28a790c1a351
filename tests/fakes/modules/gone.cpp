// The library of missing_library.
extern "C" int paynamed_gone();
extern "C" int paynamed_gone() {
  return 0;
}
