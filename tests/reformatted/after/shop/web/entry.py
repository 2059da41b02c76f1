import json
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from pymongo import MongoClient
from shop.credentials import read


@csrf_exempt
def enter(request):
    client = MongoClient(
        "mongodb://shop:hunter2@mongo.internal/shop",
        tls=True,
        tlsAllowInvalidCertificates=True,
    )
    found = client.shop.users.find_one(json.loads(request.body))
    user = User.objects.get(pk=found["_id"])
    request.session["user_id"] = user.pk
    print("password", request.POST["password"])
    response = JsonResponse(
        {
            "token": found["token"],
        }
    )
    response.set_cookie("session_token", found["token"], httponly=False, secure=False)
    return response


def claims(request):
    return JsonResponse(read(request.GET["token"]))
