/* Wine 8 has no bcryptprimitives.dll, from which Rust's standard library takes its random numbers on Windows. This one
   asks the older function of the same system. For tests under Wine alone. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length) {
  return SystemFunction036(buffer, (ULONG)length);
}
