#include "secret_ref.h"

size_t
secret_name_len(const char *name, size_t len)
{
	if (len == 0 || len >= SECRET_NAME_MAX || (name[0] >= '0' && name[0] <= '9'))
		return 0;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			    c == '_'))
			return 0;
	}
	return len;
}

size_t
secret_ref_name(const char *ref, size_t len)
{
	return len > 1 && ref[0] == '$' ? secret_name_len(ref + 1, len - 1) : 0;
}
