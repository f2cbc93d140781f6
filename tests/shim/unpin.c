/*
 * unpin - a preload library that takes the pinning of addresses away from a program that uses
 * libcurl: CURLOPT_RESOLVE is taken and forgotten, so that libcurl looks names up itself, later. To
 * test what is checked after that.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>

#undef curl_easy_setopt

CURLcode
curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	CURLcode (*real)(CURL *, CURLoption, ...);
	CURLcode code;
	va_list ap;

	*(void **)&real = dlsym(RTLD_NEXT, "curl_easy_setopt");
	if (real == NULL)
		abort();
	if (option == CURLOPT_RESOLVE)
		return CURLE_OK;
	va_start(ap, option);
	if (option < CURLOPTTYPE_OBJECTPOINT)
		code = real(easy, option, va_arg(ap, long));
	else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB)
		code = real(easy, option, va_arg(ap, curl_off_t));
	else
		code = real(easy, option, va_arg(ap, void *));
	va_end(ap);
	return code;
}
